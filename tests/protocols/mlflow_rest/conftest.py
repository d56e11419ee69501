"""The MLflow door: plain requests to it, and the real client against a running server."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import mlflow
import orjson
import pytest
from django.http import HttpResponseBase
from django.test import Client
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import RestException
from pytest_django.live_server_helper import LiveServer

from accounts.models import Registry, User
from accounts.rights import Scope
from events.kinds import Kind
from events.models import Event
from registry.models import ModelTag, RegisteredModel
from registry.models import ModelVersion as VersionRow
from registry.operations.placements import move_alias
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking.models import Experiment, LoggedModel, Run

Ask = Callable[..., Any]
SignIn = Callable[..., None]
LogModel = Callable[..., str]
Register = Callable[..., ModelVersion]
Send = Callable[..., "Answer"]

# Under each of these is the same door.
TWINS = ["/api", "/ajax-api", "/r/main/api", "/r/main/ajax-api"]

# What a module of stories about the real client needs, as its `pytestmark`.
WITH_REAL_CLIENT = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    # Warnings of MLflow and of its many needs are theirs to mend.
    pytest.mark.filterwarnings("default", "ignore::FutureWarning"),
]


@pytest.fixture
def ask(scientist: User, token_of: Callable[..., str]) -> Ask:
    """Sends `ask("POST", "runs/create", experiment_id="0")`, signed in as the scientist unless told otherwise.

    Paths that begin with a slash are taken as they are; the others are below /api/2.0/mlflow/.
    """
    secrets: dict[int, str] = {}

    def send(
        method: str,
        path: str,
        /,
        *,
        actor: User | None = scientist,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        **fields: Any,
    ) -> HttpResponseBase:
        headers = dict(headers or {})
        if actor is not None:
            if actor.pk not in secrets:
                secrets[actor.pk] = token_of(actor)
            headers["Authorization"] = f"Bearer {secrets[actor.pk]}"
        url = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
        if method in ("GET", "HEAD"):
            return Client().generic(method, url, headers=headers, QUERY_STRING=urlencode(fields, doseq=True))
        data = orjson.dumps(fields) if body is None else body
        return Client().generic(method, url, data, content_type, headers=headers)

    return send


@pytest.fixture
def sign_in(token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> SignIn:
    """Lets the client be somebody from now on: `sign_in(ada)`, `sign_in(ada, Scope.READ)`; every scope without any."""
    return lambda person, *scopes: monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token_of(person, *scopes))


@pytest.fixture
def client(
    live_server: LiveServer, scientist: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MlflowClient]:
    """A client that is signed in as the scientist, with nothing but address and token to know of."""
    sign_in(scientist, Scope.READ, Scope.WRITE)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    # The client remembers the experiment of the test before, also for processes that it starts.
    monkeypatch.setattr("mlflow.tracking.fluent._active_experiment_id", None)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    mlflow.set_tracking_uri(live_server.url)
    yield MlflowClient()
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_workspace(None)
    mlflow.set_tracking_uri("")


@pytest.fixture
def log_model(client: MlflowClient, tmp_path: Path) -> LogModel:
    """Logs a model that answers with a number, as quickly as MLflow can, and returns its id: `log_model(7)`."""

    def log(answer: int = 1, *, registered_as: str | None = None) -> str:
        code = tmp_path / f"answers_{answer}.py"
        code.write_text(
            "import mlflow\n\n\n"
            "class Answers(mlflow.pyfunc.PythonModel):\n"
            "    def predict(self, model_input: list[str]) -> list[int]:\n"
            f"        return [{answer}] * len(model_input)\n\n\n"
            "mlflow.models.set_model(Answers())\n"
        )
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(
                name="answers",
                python_model=str(code),
                pip_requirements=["mlflow"],
                registered_model_name=registered_as,
            )
        return str(info.model_id)

    return log


@pytest.fixture
def register(client: MlflowClient) -> Register:
    """Registers a version with one small file, of a model that is made if it is not there: `register("iris")`."""

    def make(name: str, content: str = "1 2 3", **details: Any) -> ModelVersion:
        run_id = client.create_run("0").info.run_id
        client.log_text(run_id, content, "model/weights.txt")
        with suppress(RestException):
            client.create_registered_model(name)
        return client.create_model_version(name, f"runs:/{run_id}/model", run_id, **details)

    return make


@contextmanager
def refused_with(code: str, message: str | None = None) -> Iterator[None]:
    """Fails unless the server refuses what happens inside with this error code, in MLflow's form."""
    with pytest.raises(RestException, match=message) as caught:
        yield
    assert caught.value.error_code == code


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        found = orjson.loads(self.body)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def send(live_server: LiveServer, token_of: Callable[..., str]) -> Send:
    """Sends bytes as they are: `send("GET", "/api/2.0/mlflow/runs/get", who=ada, fields={"run_id": "x"})`."""
    secrets: dict[int, str] = {}

    def ask(
        method: str,
        target: str,
        *,
        who: User | None = None,
        fields: dict[str, Any] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        lines = {"Host": "localhost", "Content-Type": "application/json", **(headers or {})}
        if who is not None:
            lines["Authorization"] = f"Bearer {secrets.setdefault(who.pk, '') or token_of(who)}"
            secrets[who.pk] = lines["Authorization"].removeprefix("Bearer ")
        if fields and method in ("GET", "HEAD"):
            target += f"?{urlencode(fields, doseq=True)}"
        content = body if body is not None else orjson.dumps(fields or {}) if method not in ("GET", "HEAD") else b""
        connection = http.client.HTTPConnection(live_server.url.removeprefix("http://"), timeout=20)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {**lines, "Content-Length": str(len(content))}.items():
            connection.putheader(name, value)
        connection.endheaders(content)
        answer = connection.getresponse()
        found = Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    return ask


@pytest.fixture
def fields(version: VersionRow, scientist: User) -> dict[str, Any]:
    """What names things of ada's in every request: an experiment, a run, a logged model, a model and its version."""
    move_alias(version, "best", actor=scientist)
    experiment = new_experiment(version.model.registry, "trees", actor=scientist)
    run = new_run(experiment, actor=scientist)
    return {
        "run_id": run.run_id,
        "run_ids": [run.run_id],
        "experiment_id": str(experiment.pk),
        "experiment_ids": [str(experiment.pk)],
        "experiment_name": "trees",
        "model_id": new_logged_model(experiment, actor=scientist).model_id,
        "name": "iris",
        "new_name": "rose",
        "version": "1",
        "alias": "best",
        "stage": "Archived",
        "archive_existing_versions": False,
        "source": f"runs:/{run.run_id}",
        "key": "k",
        "metric_key": "loss",
        "value": "1",
        "timestamp": 1,
        "path": "weights.txt",
        "artifact_file_path": "weights.txt",
        "max_results": 10,
        "description": "x",
        "datasets": [],
        "models": [],
        "tags": [{"key": "k", "value": "v"}],
    }


def everything() -> list[Any]:
    """All that a request could have changed; the tokens that it is sent with are made as they are needed."""
    tables = (Registry, RegisteredModel, VersionRow, ModelTag, Experiment, Run, LoggedModel)
    lines = Event.objects.exclude(kind=Kind.TOKEN_CREATED).values_list("kind", "subject_id").order_by("pk")
    return [list(lines), *(list(table._base_manager.order_by("pk").values()) for table in tables)]
