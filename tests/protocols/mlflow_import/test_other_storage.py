"""A source whose clients write to storage of their own: a folder that the server reads, or an object store."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from accounts.models import Registry, User
from registry.models import ModelVersion
from tests.protocols.mlflow_import.conftest import Move
from tests.services.mlflow_server import serve
from tracking.models import Experiment, LoggedModel, Run

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.filterwarnings("default", "ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def unproxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that keeps artifacts in a folder and has no proxy."""
    folder = tmp_path_factory.mktemp("unproxied")
    root = folder / "root"
    with serve(folder, "--no-serve-artifacts", "--default-artifact-root", str(root)) as url:
        mlflow.set_tracking_uri(url)
        try:
            _fill(MlflowClient(url), folder)
        finally:
            mlflow.set_tracking_uri("")
        yield url


def _fill(client: MlflowClient, folder: Path) -> None:
    number = client.create_experiment("trees")
    run = client.create_run(number, run_name="first")
    client.log_text(run.info.run_id, "1 2 3", "model/weights ☃.txt")
    client.log_text(run.info.run_id, "", "model/deep/er/empty.txt")
    client.create_registered_model("from run")
    client.create_model_version("from run", f"{run.info.artifact_uri}/model", run.info.run_id)
    logged_model = client.create_logged_model(number, name="logged", source_run_id=run.info.run_id)
    (folder / "MLmodel").write_text("flavors: {}\n")
    client.log_model_artifact(logged_model.model_id, str(folder / "MLmodel"))
    client.finalize_logged_model(logged_model.model_id, "READY")
    client.create_registered_model("from logged model")
    client.create_model_version("from logged model", f"models:/{logged_model.model_id}", model_id=logged_model.model_id)
    away = client.create_experiment("away", artifact_location="s3://bucket/mlflow/7")
    there = client.create_run(away, run_name="there")
    client.create_registered_model("from away")
    client.create_model_version("from away", f"runs:/{there.info.run_id}/model", there.info.run_id)


def test_files_in_a_folder_of_the_server_come_along(
    unproxied: str, move: Move, registry: Registry, maintainer: User
) -> None:
    said = move(unproxied, "--as", maintainer.username)
    run = Run.objects.get(name="first")
    assert set(run.folder.files.values_list("path", "blob__size")) == {
        ("model/weights ☃.txt", 5),
        ("model/deep/er/empty.txt", 0),
    }
    versions = {version.model.name: version for version in ModelVersion.objects.all()}
    from_run, from_logged_model = versions["from run"], versions["from logged model"]
    assert from_run.tree
    assert set(from_run.tree.files.values_list("path", flat=True)) == {"weights ☃.txt", "deep/er/empty.txt"}
    assert from_logged_model.tree
    assert list(from_logged_model.tree.files.values_list("path", flat=True)) == ["MLmodel"]
    assert LoggedModel.objects.get().status == LoggedModel.Status.READY
    assert "not carried, and why" not in said.lower() or "files:" not in said


def test_an_object_store_stays_where_it_is(unproxied: str, move: Move, registry: Registry, maintainer: User) -> None:
    said = move(unproxied, "--as", maintainer.username)
    experiment = Experiment.objects.get(name="away")
    assert experiment.artifact_location == "s3://bucket/mlflow/7"
    run = Run.objects.get(name="there")
    version = ModelVersion.objects.get(model__name="from away")
    assert version.tree is None
    assert version.source == f"s3://bucket/mlflow/7/{run.run_id}/artifacts/model"
    assert version.source_run == run
    assert "away: its files stay in the object store where clients read them" in said


def test_models_alone_leave_a_folder_of_the_server_behind(
    unproxied: str, move: Move, registry: Registry, maintainer: User
) -> None:
    said = move(unproxied, "--as", maintainer.username, "--only", "models")
    assert "the source does not serve its files" in said
    assert list(ModelVersion.objects.values_list("model__name", flat=True)) == ["from away"]
