"""Everything that a real MLflow server holds comes along, and the same client reads it here as it did there."""

from typing import Any

import pytest
from django.apps import apps

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from protocols.mlflow_import.models import Carried
from registry.models import ModelVersion
from tests.protocols.mlflow_import.conftest import Filled, Move, ReadHere
from tracking.models import Experiment, LoggedModel, Run
from tracking.operations.experiments import restore_experiment

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    # Warnings of MLflow and of its many needs are theirs to mend.
    pytest.mark.filterwarnings("default", "ignore::FutureWarning"),
]


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that is ours, but for what time alone moves."""
    ours = ("accounts", "events", "blobs", "tracking", "registry", "approvals", "mlflow_import", "scanning", "supply")
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for app in ours
        for model in apps.get_app_config(app).get_models()
    }


def without_numbers(read: dict[str, Any]) -> dict[str, Any]:
    """The same without the numbers of experiments, which are others in every installation."""
    for model in read["models"].values():
        model["tags"].pop("_mlflow_experiment_ids", None)
    return read


def test_everything_comes_along(
    source: Filled, move: Move, read_here: ReadHere, registry: Registry, maintainer: User
) -> None:
    said = move(source.url, "--as", maintainer.username)
    here, there = without_numbers(read_here()), without_numbers(source.expected())
    for noun, wanted in there.items():
        assert here[noun].keys() == wanted.keys(), noun
        for name, thing in wanted.items():
            assert here[noun][name] == thing, (noun, name)
    assert "iris version 5 at Production: policy: Production is governed by a policy" in said
    assert "iris@champion for version 5: policy: @champion is governed by a policy" in said
    lines = {line.split("  ")[0]: line.split()[-3:] for line in said.splitlines() if line[:1].isalpha()}
    assert lines["runs"] == ["8", "0", "0"]
    assert lines["metric points"] == ["3,016", "0", "0"]
    assert lines["versions"] == ["8", "0", "0"]
    assert lines["aliases"] == ["3", "0", "1"]
    assert "\x1b" not in said


def test_lineage_comes_along(source: Filled, move: Move, registry: Registry, maintainer: User) -> None:
    move(source.url, "--as", maintainer.username)
    versions = {f"{version.model.name}/{version.number}": version for version in ModelVersion.objects.all()}
    first, second, copied = versions["iris/1"], versions["iris/2"], versions["it's a model (copy)/1"]
    assert first.logged_model
    assert first.logged_model.model_id == source.contents.logged_models["answers-1"]
    assert first.source_run
    assert first.source_run.run_id == source.contents.runs["training-1"]
    assert [data.name for data in second.datasets.all()] == ["iris"]
    assert copied.copied_from == second
    assert copied.tree == second.tree
    assert versions["elsewhere/1"].tree is None
    experiment = Experiment.objects.get(name="trees")
    tag = versions["greeting/1"].model.tags.get(key="_mlflow_experiment_ids")
    assert tag.value == f",{experiment.pk},"
    # A new version goes on behind the highest number of the source.
    assert versions["iris/5"].model.last_number == 5


def test_what_is_deleted_can_be_restored(source: Filled, move: Move, registry: Registry, maintainer: User) -> None:
    move(source.url, "--as", maintainer.username)
    gone = Experiment.objects.get(name="gone")
    assert gone.deleted_at
    restore_experiment(gone, actor=maintainer)
    assert Run.objects.get(run_id=source.contents.runs["lost"]).is_active
    assert not Run.objects.get(run_id=source.contents.runs["deleted"]).is_active


def test_the_second_time_changes_nothing_and_says_so(
    source: Filled, move: Move, registry: Registry, maintainer: User
) -> None:
    move(source.url, "--as", maintainer.username)
    before = rows()
    said = move(source.url, "--as", maintainer.username)
    assert rows() == before
    lines = {line.split("  ")[0]: line.split()[-3:] for line in said.splitlines() if line[:1].isalpha()}
    assert lines["experiments"] == ["0", "3", "0"]
    assert lines["runs"] == ["0", "8", "0"]
    assert lines["logged models"] == ["0", "4", "0"]
    assert lines["models"] == ["0", "5", "0"]
    assert lines["versions"] == ["0", "8", "0"]
    assert "Nothing new was carried; nothing was changed." in said


def test_counting_changes_nothing(source: Filled, move: Move, registry: Registry, maintainer: User) -> None:
    before = rows()
    said = move(source.url, "--as", maintainer.username, "--dry-run")
    assert rows() == before
    lines = {line.split("  ")[0]: line.split()[-3:] for line in said.splitlines() if line[:1].isalpha()}
    assert [lines[noun][0] for noun in ("experiments", "runs", "logged models", "models", "versions")] == list("38458")
    assert "Only counted: nothing was changed." in said


def test_models_alone_bring_their_files(
    source: Filled, move: Move, read_here: ReadHere, registry: Registry, maintainer: User
) -> None:
    said = move(source.url, "--as", maintainer.username, "--only", "models")
    assert not Run.objects.exists()
    here, there = read_here()["models"], source.expected()["models"]
    files = {
        name: {number: version["files"] for number, version in model["versions"].items()}
        for name, model in here.items()
    }
    assert files == {
        name: {number: version["files"] for number, version in model["versions"].items()}
        for name, model in there.items()
    }
    assert "experiments                0" in said


def test_experiments_alone_leave_the_registry_alone(
    source: Filled, move: Move, registry: Registry, maintainer: User
) -> None:
    move(source.url, "--as", maintainer.username, "--only", "experiments")
    assert (Run.objects.count(), LoggedModel.objects.count(), ModelVersion.objects.count()) == (8, 4, 0)


def test_files_can_follow_later(
    source: Filled, move: Move, read_here: ReadHere, registry: Registry, maintainer: User
) -> None:
    said = move(source.url, "--as", maintainer.username, "--no-artifacts")
    assert "a version has its files from the beginning, and --no-artifacts leaves them behind" in said
    assert not any(run.folder.files.exists() for run in Run.objects.all())
    said = move(source.url, "--as", maintainer.username)
    here, there = without_numbers(read_here()), without_numbers(source.expected())
    # A run that is deleted here takes no files any more; that is told.
    deleted = source.contents.runs["deleted"]
    assert f"those of run {deleted}" in said
    assert "the run is deleted here and takes nothing more" in said
    there["runs"][deleted]["files"] = {}
    assert here == there


def test_another_registry_takes_it_too(source: Filled, move: Move, registry: Registry, administrator: User) -> None:
    other = create_registry("other", actor=administrator)
    said = move(source.url, "--as", administrator.username, "--registry", "other", "--only", "models")
    assert "to the registry other" in said
    assert set(ModelVersion.objects.values_list("model__registry__name", flat=True)) == {other.name}
    assert set(Carried.objects.values_list("registry__name", flat=True)) == {other.name}
