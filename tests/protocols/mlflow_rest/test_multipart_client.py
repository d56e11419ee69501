"""The real MLflow client sends large files in parts and fetches them by links."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import mlflow
import pytest
from django.conf import settings
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.utils.server_info import _clear_server_info_cache
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from blobs.models import FolderFile, PartUpload
from blobs.stores import store
from lib import digests
from tests.protocols.mlflow_rest.test_multipart import MIB, in_a_store, leftovers, no_remains_of_other_tests

__all__ = ["no_remains_of_other_tests"]


@pytest.fixture
def client(
    live_server: LiveServer, scientist: User, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[MlflowClient]:
    """Signed in as the scientist; sends files of more than 6 MiB in parts and asks for links."""
    for name, value in {
        "MLFLOW_TRACKING_TOKEN": token_of(scientist),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
        "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(6 * MIB),
        "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(10 * MIB),
    }.items():
        monkeypatch.setenv(name, value)
    mlflow.set_tracking_uri(live_server.url)
    yield MlflowClient()
    mlflow.set_tracking_uri("")


@in_a_store
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.filterwarnings("default")
def test_the_real_client_goes_to_a_public_store_by_itself(
    client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD")
    monkeypatch.delenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD")
    monkeypatch.setattr(store(), "is_public", True)
    read = Mock(side_effect=AssertionError("The bytes went through the server."))
    monkeypatch.setattr("protocols.mlflow_rest.views.artifacts.download", read)
    forget_server_info: Any = _clear_server_info_cache
    forget_server_info()
    run_id = client.create_run("0").info.run_id
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(11 * MIB))
    client.log_artifact(run_id, str(big))
    assert PartUpload.objects.get().part_count == 2
    there = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="big.bin", dst_path=str(tmp_path / "to"))
    assert Path(there).read_bytes() == big.read_bytes()
    forget_server_info()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.filterwarnings("default")
def test_the_real_client_sends_and_fetches_sixty_megabytes(client: MlflowClient, tmp_path: Path) -> None:
    run_id = client.create_run("0").info.run_id
    (tmp_path / "files").mkdir()
    big = tmp_path / "files" / "big weights.bin"
    with big.open("wb") as file:
        for _ in range(60):
            file.write(os.urandom(MIB))
    (tmp_path / "files" / "small.txt").write_text("small")
    (tmp_path / "files" / "empty").touch()
    client.log_artifacts(run_id, str(tmp_path / "files"), "model")
    client.log_artifact(run_id, str(big), "again")
    assert PartUpload.objects.filter(state="done").count() == (2 if settings.STORAGE_URL else 0)
    names = {file.path: file.file_size for file in client.list_artifacts(run_id, "model")}
    assert names == {"model/big weights.bin": 60 * MIB, "model/small.txt": 5, "model/empty": 0}
    there = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="model", dst_path=str(tmp_path)))
    for name in ("big weights.bin", "small.txt", "empty"):
        assert (there / name).read_bytes() == (tmp_path / "files" / name).read_bytes()
    assert FolderFile.objects.get(path="again/big weights.bin").blob.sha256 == digests.of_bytes(big.read_bytes())
    repository: Any = get_artifact_repository(client.get_run(run_id).info.artifact_uri)
    repository.delete_artifacts("model")
    assert client.list_artifacts(run_id, "model") == []
    if settings.STORAGE_URL:
        assert leftovers() == []
