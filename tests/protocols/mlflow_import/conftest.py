"""One real MLflow server for all these tests: it is filled once and only read afterwards."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.journeys.conftest import house, surroundings
from tests.protocols.mlflow_import.between import Between, standing_before
from tests.protocols.mlflow_import.contents import Contents, fill
from tests.protocols.mlflow_import.reading import Read, read
from tests.services.mlflow_server import serve

__all__ = ["house", "surroundings"]

Move = Callable[..., str]
ReadHere = Callable[[], Read]
_CREDENTIALS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")


@dataclass(frozen=True)
class Filled:
    """The source: where it answers, what is called how, and all that the real client reads there."""

    url: str
    contents: Contents
    read: Read

    def expected(self) -> Read:
        """What the same client should read after the move: two things stop at a gate."""
        wanted = copy.deepcopy(self.read)
        wanted["models"]["iris"]["versions"]["5"]["stage"] = "None"
        del wanted["models"]["iris"]["aliases"]["champion"]
        return wanted


@contextmanager
def _without_credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in (*_CREDENTIALS, "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        patch.setattr("mlflow.tracking.fluent._active_experiment_id", None)
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        yield


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """The filled server."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "work").mkdir()
    with serve(folder) as url:
        with _without_credentials():
            contents = fill(url, folder / "work")
            everything = read(url)
        yield Filled(url, contents, everything)


@pytest.fixture
def between(source: Filled) -> Iterator[Between]:
    """Something unreliable in front of the source."""
    with standing_before(source.url) as server:
        yield server


@pytest.fixture(autouse=True)
def no_credentials() -> Iterator[None]:
    """Nobody's account at any server."""
    with _without_credentials():
        yield


@pytest.fixture
def move() -> Move:
    """Runs the command in this process and returns what it said: `move(url, "--as", "mary")`."""

    def run(*arguments: str) -> str:
        said = StringIO()
        call_command("import_mlflow", *arguments, stdout=said)
        return said.getvalue()

    return run


@pytest.fixture
def read_here(
    live_server: LiveServer, administrator: User, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> ReadHere:
    """Reads everything from Gatehouse with the real client."""

    def read_all() -> Read:
        with monkeypatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_TOKEN", token_of(administrator))
            return read(live_server.url)

    return read_all
