"""What both servers are asked, by noun of the wire. The order inside a story counts, that of the stories does not."""

from tests.protocols.mlflow_rest.differential.stories import (
    artifacts,
    elsewhere,
    experiments,
    governed,
    histories,
    inputs,
    logged_models,
    model_versions,
    registered_models,
    run_searches,
    runs,
)
from tests.protocols.mlflow_rest.differential.wishes import Story

# MLflow's server keeps files in a folder and knows no parts; Gatehouse knows them where its store does.
PARTS = "uploads in parts"
STORIES: dict[str, Story] = {
    "experiments": experiments.STORY,
    "searches of experiments": experiments.SEARCH,
    "runs": runs.LIFE,
    "measurements": runs.LOGGED,
    "histories": histories.STORY,
    "searches of runs": run_searches.STORY,
    "inputs and outputs": inputs.STORY,
    "logged models": logged_models.STORY,
    "searches of logged models": logged_models.SEARCH,
    "registered models": registered_models.STORY,
    "searches of registered models": registered_models.SEARCH,
    "versions": model_versions.STORY,
    "searches of versions": model_versions.SEARCH,
    "artifacts": artifacts.STORY,
    PARTS: artifacts.PARTS,
    "elsewhere": elsewhere.STORY,
}

# Played with the gates in place, which the other stories do without.
GOVERNED: Story = governed.STORY
