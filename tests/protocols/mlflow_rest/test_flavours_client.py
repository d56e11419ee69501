"""The real MLflow client logs what people's own code makes: autologging, evaluations, figures, tables, measurements."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.data.numpy_dataset import from_numpy
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types.schema import ColSpec, Schema
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT

pytestmark = WITH_REAL_CLIENT

REQUIREMENTS = ["scikit-learn"]
evaluate: Any = mlflow.models.evaluate
ROWS = pd.DataFrame({"width": np.arange(40.0), "height": np.arange(40.0)[::-1]})
LABELS = np.array([0, 1] * 5 + [0] * 10 + [1] * 20)


@pytest.fixture
def _quick_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model needs is found by loading it in another process for half a minute, where nobody says it."""
    monkeypatch.setattr("mlflow.sklearn.infer_pip_requirements", lambda *_, **__: REQUIREMENTS, raising=False)
    monkeypatch.setattr("mlflow.utils.environment.infer_pip_requirements", lambda *_, **__: REQUIREMENTS)
    monkeypatch.setattr("mlflow.models.infer_pip_requirements", lambda *_, **__: REQUIREMENTS)


@pytest.fixture
def autolog(client: MlflowClient, _quick_requirements: None) -> Iterator[None]:
    """Autologging, on for one test."""
    mlflow.autolog(silent=True, log_input_examples=True, log_model_signatures=True)
    yield
    mlflow.autolog(disable=True, silent=True)


def newest_run(client: MlflowClient) -> Run:
    """The run that was begun last."""
    return client.search_runs(["0"], max_results=1)[0]


def paths_of(client: MlflowClient, run_id: str, folder: str = "") -> list[str]:
    """The files of a run."""
    return [file.path for file in client.list_artifacts(run_id, folder)]


@pytest.mark.usefixtures("autolog")
def test_a_fit_is_logged_by_itself(client: MlflowClient) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5))
    model.fit(ROWS, LABELS)
    run = newest_run(client)
    assert run.info.status == "FINISHED"
    assert run.data.params["logisticregression__C"] == "0.5"
    assert {"training_accuracy_score", "training_f1_score", "training_log_loss"} <= set(run.data.metrics)
    assert run.data.tags["estimator_name"] == "Pipeline"
    files = paths_of(client, run.info.run_id)
    assert "estimator.html" in files
    assert "training_confusion_matrix.png" in files
    assert run.inputs is not None and run.outputs is not None
    assert [use.tags[0].value for use in run.inputs.dataset_inputs] == ["train"]
    (made,) = run.outputs.model_outputs
    logged = mlflow.get_logged_model(made.model_id)
    assert logged.status.value == "READY"
    assert {metric.key for metric in logged.metrics or []} >= {"training_accuracy_score"}
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert list(loaded.predict(ROWS)) == list(model.predict(ROWS))
    assert loaded.metadata.signature.inputs.input_names() == ["width", "height"]
    # What is measured afterwards goes to the same run.
    model.score(ROWS, LABELS)
    assert any(key.endswith("_score_ROWS") or "score" in key for key in newest_run(client).data.metrics)


@pytest.mark.usefixtures("autolog")
def test_a_search_is_logged_with_its_children(client: MlflowClient) -> None:
    mlflow.sklearn.autolog(max_tuning_runs=2, log_models=False, silent=True)
    with mlflow.start_run() as run:
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(ROWS, LABELS)
    parent = client.get_run(run.info.run_id)
    assert "best_cv_score" in parent.data.metrics and "best_C" in parent.data.params
    assert "cv_results.csv" in paths_of(client, run.info.run_id)
    children = client.search_runs(["0"], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
    assert len(children) == 2
    assert all("mean_test_score" in child.data.metrics for child in children)


def test_a_model_is_evaluated_and_its_tables_arrive(client: MlflowClient, tmp_path: Path) -> None:
    model = LogisticRegression().fit(ROWS, LABELS)
    info = mlflow.sklearn.log_model(
        model, name="labels", signature=infer_signature(ROWS, model.predict(ROWS)), pip_requirements=REQUIREMENTS
    )
    mlflow.end_run()
    with mlflow.start_run() as run:
        result = evaluate(
            info.model_uri,
            ROWS.assign(label=LABELS),
            targets="label",
            model_type="classifier",
            evaluators="default",
            evaluator_config={"log_explainer": False, "log_model_explainability": False},
        )
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["accuracy_score"] == pytest.approx(result.metrics["accuracy_score"])
    assert {"f1_score", "roc_auc", "log_loss"} <= set(found.data.metrics)
    assert found.inputs is not None
    assert [use.dataset.name for use in found.inputs.dataset_inputs] == ["dataset"]
    files = paths_of(client, run.info.run_id)
    assert {"confusion_matrix.png", "roc_curve_plot.png"} <= set(files)
    for name, artifact in result.artifacts.items():
        there = mlflow.artifacts.download_artifacts(artifact.uri, dst_path=str(tmp_path / name))
        assert Path(there).stat().st_size > 0
    logged = mlflow.get_logged_model(info.model_id)
    assert "accuracy_score" in {metric.key for metric in logged.metrics or []}
    assert {metric.dataset_name for metric in logged.metrics or []} == {"dataset"}


def test_answers_are_evaluated_without_a_model(client: MlflowClient) -> None:
    table = pd.DataFrame({"truth": LABELS, "said": 1 - LABELS})
    with mlflow.start_run() as run:
        dataset = from_pandas(table, targets="truth", predictions="said", name="answers")
        result = evaluate(data=dataset, model_type="classifier")
    assert result.metrics["accuracy_score"] == 0
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["accuracy_score"] == 0
    assert found.inputs is not None
    assert [use.dataset.name for use in found.inputs.dataset_inputs] == ["answers"]


def test_data_sets_are_noted_with_source_and_schema(client: MlflowClient, tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    from_file = from_pandas(ROWS, source=str(tmp_path / "rows.csv"), name="rows")
    with mlflow.start_run() as run:
        mlflow.log_input(from_file, context="training", tags={"kind": "table"})
        mlflow.log_input(from_numpy(LABELS, name="labels"), context="test")
        mlflow.log_input(from_file, context="validation")
    inputs = client.get_run(run.info.run_id).inputs
    assert inputs is not None
    uses = {use.dataset.name: use for use in inputs.dataset_inputs}
    assert set(uses) == {"rows", "labels"}
    assert {tag.key: tag.value for tag in uses["rows"].tags}["kind"] == "table"
    assert uses["rows"].dataset.digest == from_file.digest
    again = mlflow.data.get_source(uses["rows"].dataset)
    assert len(pd.read_csv(again.load())) == len(ROWS)
    assert "width" in str(uses["rows"].dataset.schema)


def test_everything_that_can_be_logged_comes_back(client: MlflowClient) -> None:
    mpl.use("Agg")
    figure = mpl.figure.Figure()
    figure.subplots().plot([1, 2, 3])
    picture = np.zeros((4, 6, 3), dtype=np.uint8)
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "figures/line.png")
        mlflow.log_table({"question": ["a", "b"], "answer": ["1", "2"]}, "tables/said.json")
        mlflow.log_table({"question": ["c"], "answer": ["3"]}, "tables/said.json")
        mlflow.log_dict({"größe": [1, None]}, "settings/all.json")
        mlflow.log_dict({"a": 1}, "settings/all.yaml")
        mlflow.log_text("<b>größe</b>", "notes/first.html")
        mlflow.log_image(picture, "pictures/black.png")
        for step in range(2):
            mlflow.log_image(picture, key="training/view", step=step)
    root = f"runs:/{run.info.run_id}"
    assert list(mlflow.load_table("tables/said.json", run_ids=[run.info.run_id])["question"]) == ["a", "b", "c"]
    assert mlflow.artifacts.load_dict(f"{root}/settings/all.json") == {"größe": [1, None]}
    assert mlflow.artifacts.load_text(f"{root}/settings/all.yaml") == "a: 1\n"
    assert mlflow.artifacts.load_text(f"{root}/notes/first.html") == "<b>größe</b>"
    assert mlflow.artifacts.load_image(f"{root}/pictures/black.png").size == (6, 4)
    assert mlflow.artifacts.load_image(f"{root}/figures/line.png").size > (0, 0)
    steps = paths_of(client, run.info.run_id, "images")
    # Each comes with a small picture of it.
    assert sorted(path.rsplit(".")[-1] for path in steps) == ["png", "png", "webp", "webp"]
    for path in steps:
        assert mlflow.artifacts.load_image(f"{root}/{path}").size == ((6, 4) if path.endswith("png") else (256, 170))
    tables = client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tables) == [{"path": "tables/said.json", "type": "table"}]


def test_the_measurements_of_a_machine_arrive(client: MlflowClient) -> None:
    mlflow.enable_system_metrics_logging()  # type: ignore[no-untyped-call] # of MLflow
    mlflow.set_system_metrics_sampling_interval(0.2)  # type: ignore[no-untyped-call] # of MLflow
    mlflow.set_system_metrics_samples_before_logging(1)  # type: ignore[no-untyped-call] # of MLflow
    try:
        with mlflow.start_run() as run:
            deadline = time.monotonic() + 20
            while not client.get_run(run.info.run_id).data.metrics and time.monotonic() < deadline:
                time.sleep(0.2)
    finally:
        mlflow.disable_system_metrics_logging()  # type: ignore[no-untyped-call] # of MLflow
    found = client.get_run(run.info.run_id).data.metrics
    assert "system/cpu_utilization_percentage" in found
    assert found["system/system_memory_usage_megabytes"] > 0
    assert client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")[0].value >= 0


class Doubler(PythonModel):
    """A model of one's own, with a file and a parameter."""

    factor = 0

    def load_context(self, context: PythonModelContext) -> None:
        self.factor = int(Path(context.artifacts["factor"]).read_text())

    def predict(
        self,
        context: PythonModelContext | None,
        model_input: pd.DataFrame,
        params: dict[str, int] | None = None,
    ) -> pd.Series:
        return model_input["number"] * self.factor + (params or {}).get("plus", 0)


def test_a_model_of_ones_own_keeps_its_files_and_its_signature(client: MlflowClient, tmp_path: Path) -> None:
    (tmp_path / "factor.txt").write_text("2")
    numbers = pd.DataFrame({"number": [1, 2, 3]})
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="doubler",
            python_model=Doubler(),
            artifacts={"factor": str(tmp_path / "factor.txt")},
            signature=infer_signature(numbers, numbers["number"], params={"plus": 0}),
            input_example=(numbers, {"plus": 1}),
            pip_requirements=["pandas"],
            metadata={"owner": "ada"},
            registered_model_name="doubler",
        )
    (tmp_path / "factor.txt").unlink()
    for address in (info.model_uri, "models:/doubler/1"):
        loaded = mlflow.pyfunc.load_model(address)
        assert list(loaded.predict(numbers)) == [2, 4, 6]
        assert list(loaded.predict(numbers, params={"plus": 5})) == [7, 9, 11]
        assert loaded.metadata.metadata == {"owner": "ada"}
        assert loaded.metadata.signature.inputs == Schema([ColSpec("long", "number")])
        with pytest.raises(MlflowException, match="schema"):
            loaded.predict(pd.DataFrame({"word": ["x"]}))
    example: Any = mlflow.models.Model.load("models:/doubler/1").load_input_example()
    assert list(example["number"]) == [1, 2, 3]


def test_a_signature_is_added_to_a_model_that_is_there(client: MlflowClient) -> None:
    model = LogisticRegression().fit(ROWS, LABELS)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, name="labels", pip_requirements=REQUIREMENTS)
    assert mlflow.models.get_model_info(info.model_uri).signature is None
    mlflow.models.set_signature(info.model_uri, infer_signature(ROWS, model.predict(ROWS)))
    changed = mlflow.models.get_model_info(info.model_uri)
    assert changed.signature.inputs.input_names() == ["width", "height"]
    assert [*mlflow.sklearn.load_model(info.model_uri).predict(ROWS)] == [*model.predict(ROWS)]
