"""The real MLflow client works in workspaces, each of which is a registry of Gatehouse."""

import http.client
import os
import subprocess
import sys
from collections.abc import Callable

import mlflow
import orjson
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.utils.server_info import fetch_server_info
from mlflow.utils.workspace_context import WorkspaceContext
from pytest_django.live_server_helper import LiveServer

from accounts import access
from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from registry.models import RegisteredModel
from registry.operations.models import create_model
from tests.conftest import Member
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Register, SignIn, refused_with

pytestmark = WITH_REAL_CLIENT


@pytest.fixture
def lab(system: User, scientist: User) -> Registry:
    """Another registry, to which the scientist contributes too."""
    lab = create_registry("lab", description="For trying things", actor=system)
    access.grant(Role.CONTRIBUTOR, on=lab, to=scientist, actor=system)
    return lab


def test_the_server_says_that_there_are_workspaces(client: MlflowClient) -> None:
    """Clients ask this first, without credentials, and send no workspace to a server that says no."""
    info = fetch_server_info(client._tracking_client.store.get_host_creds())
    assert info.status_code == 200
    assert info.data is not None and info.data["workspaces_enabled"] is True


def test_people_see_the_workspaces_that_they_may_work_in(
    client: MlflowClient, lab: Registry, system: User, member: Member, sign_in: SignIn, scientist: User
) -> None:
    vault = create_registry("vault", actor=system)
    assert [(row.name, row.description) for row in mlflow.list_workspaces()] == [
        ("lab", "For trying things"),
        ("main", ""),
    ]
    assert mlflow.get_workspace("lab").description == "For trying things"
    assert mlflow.get_workspace("default").name == "main"
    for name in ("vault", "nothing"):
        with refused_with("RESOURCE_DOES_NOT_EXIST", f"Registry {name} was not found"):
            mlflow.get_workspace(name)
        mlflow.set_workspace(name)
        with refused_with("RESOURCE_DOES_NOT_EXIST", f"Registry {name} was not found"):
            client.search_registered_models()
        mlflow.set_workspace(None)
    # Somebody who was let into one model only works in its registry all the same.
    guest = member(Role.READER, create_model(vault, "iris", actor=system))
    sign_in(guest)
    assert [row.name for row in mlflow.list_workspaces()] == ["vault"]
    with WorkspaceContext("vault"):
        assert [row.name for row in client.search_registered_models()] == ["iris"]


def test_an_administrator_makes_a_workspace_and_its_people_work_in_it(
    client: MlflowClient, administrator: User, scientist: User, system: User, sign_in: SignIn
) -> None:
    sign_in(administrator)
    made = mlflow.create_workspace("fraud", "Cards and transfers")
    assert (made.name, made.description) == ("fraud", "Cards and transfers")
    assert mlflow.update_workspace("fraud", "Cards").description == "Cards"
    assert mlflow.get_workspace("fraud").description == "Cards"
    with pytest.raises(MlflowException) as caught:
        mlflow.create_workspace("fraud")
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"
    for attempt in (
        lambda: mlflow.create_workspace("default"),
        lambda: mlflow.create_workspace("Fraud"),
        lambda: mlflow.create_workspace("other", default_artifact_root="s3://bucket/x"),
        lambda: mlflow.update_workspace("fraud", default_artifact_root="s3://bucket/x"),
        lambda: mlflow.update_workspace("fraud"),
    ):
        with pytest.raises(MlflowException) as caught:
            attempt()  # type: ignore[no-untyped-call] # of MLflow
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    for name in ("fraud", "default"):
        with refused_with("NOT_IMPLEMENTED", "does not implement the deletion of workspaces"):
            mlflow.delete_workspace(name)
    with refused_with("RESOURCE_DOES_NOT_EXIST"):
        mlflow.delete_workspace("nothing")
    access.grant(Role.CONTRIBUTOR, on=Registry.objects.get(name="fraud"), to=scientist, actor=system)
    sign_in(scientist)
    mlflow.set_workspace("fraud")
    client.create_registered_model("cards")
    with mlflow.start_run():
        mlflow.log_metric("loss", 0.5)
    assert [run.data.metrics for run in client.search_runs(["0"])] == [{"loss": 0.5}]
    assert RegisteredModel.objects.get().registry.name == "fraud"


def test_others_make_and_change_none(
    client: MlflowClient, lab: Registry, maintainer: User, sign_in: SignIn, stranger: User
) -> None:
    with refused_with("PERMISSION_DENIED"):
        mlflow.create_workspace("mine")
    with refused_with("PERMISSION_DENIED"):
        mlflow.update_workspace("lab", "Mine")
    sign_in(maintainer)
    with refused_with("PERMISSION_DENIED"):
        mlflow.create_workspace("mine")
    assert mlflow.update_workspace("main", "Ours").description == "Ours"
    with refused_with("RESOURCE_DOES_NOT_EXIST"):
        mlflow.update_workspace("lab", "Mine")
    sign_in(stranger)
    assert mlflow.list_workspaces() == []
    for name in ("lab", "main", "default"):
        with refused_with("RESOURCE_DOES_NOT_EXIST"):
            mlflow.get_workspace(name)


def test_models_of_one_name_in_two_workspaces_know_nothing_of_each_other(
    client: MlflowClient, live_server: LiveServer, lab: Registry, register: Register
) -> None:
    register("iris", "of main", tags={"where": "main"})
    run_id = str(client.get_model_version("iris", "1").run_id)
    in_lab = MlflowClient(f"{live_server.url}/r/lab")
    for name in (None, "default", "main"):
        mlflow.set_workspace(name)
        assert client.get_model_version("iris", "1").tags == {"where": "main"}
    mlflow.set_workspace("lab")
    for elsewhere in (client, in_lab):
        assert [*elsewhere.search_registered_models(), *elsewhere.search_model_versions()] == []
        for attempt in (
            lambda: elsewhere.get_registered_model("iris"),  # noqa: B023 # called at once
            lambda: elsewhere.get_model_version("iris", "1"),  # noqa: B023
            lambda: elsewhere.get_run(run_id),  # noqa: B023
        ):
            with refused_with("RESOURCE_DOES_NOT_EXIST"):
                attempt()
    for content in ("of lab", "of lab, newer"):
        register("iris", content, tags={"where": "lab"})
    assert mlflow.artifacts.load_text("models:/iris/1/weights.txt") == "of lab"
    mlflow.set_workspace(None)
    assert mlflow.artifacts.load_text("models:/iris/latest/weights.txt") == "of main"
    assert [row.version for row in client.search_model_versions("name = 'iris'")] == ["1"]
    assert {row.version for row in in_lab.search_model_versions("name = 'iris'")} == {"1", "2"}
    mlflow.set_tracking_uri(f"{live_server.url}/r/lab")
    assert mlflow.artifacts.load_text("models:/iris/latest/weights.txt") == "of lab, newer"
    assert RegisteredModel.objects.filter(name="iris").count() == 2


def test_an_address_and_a_header_that_disagree_are_refused(
    client: MlflowClient, live_server: LiveServer, lab: Registry
) -> None:
    in_lab = MlflowClient(f"{live_server.url}/r/lab")
    with WorkspaceContext("lab"):
        assert in_lab.search_registered_models() == []
    with WorkspaceContext("main"), refused_with("INVALID_PARAMETER_VALUE", "The address says registry lab"):
        in_lab.search_registered_models()


def test_the_environment_chooses_a_workspace(client: MlflowClient, live_server: LiveServer, lab: Registry) -> None:
    """In a process of its own, as the client reads MLFLOW_WORKSPACE where people set it."""
    code = (
        "import mlflow; mlflow.log_metric('loss', 1); mlflow.log_text('x', 'x.txt');"
        "mlflow.MlflowClient().create_registered_model('made-there');"
        "print([row.name for row in mlflow.list_workspaces()])"
    )
    environment = {**os.environ, "MLFLOW_TRACKING_URI": live_server.url, "MLFLOW_WORKSPACE": "lab"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "['lab', 'main']" in ended.stdout
    assert RegisteredModel.objects.get(name="made-there").registry == lab
    assert client.search_runs(["0"]) == []
    with WorkspaceContext("lab"):
        (run,) = client.search_runs(["0"])
        assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/x.txt") == "x"


def test_the_calls_of_older_and_other_clients_get_the_same_answers(
    client: MlflowClient, live_server: LiveServer, lab: Registry, token_of: Callable[..., str], scientist: User
) -> None:
    headers = {"Authorization": f"Bearer {token_of(scientist)}"}
    host = live_server.url.removeprefix("http://")
    for prefix in ("/api", "/ajax-api", "/r/lab/api", "/r/main/ajax-api"):
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", f"{prefix}/3.0/mlflow/workspaces", headers=headers)
        answer = connection.getresponse()
        assert [row["name"] for row in orjson.loads(answer.read())["workspaces"]] == ["lab", "main"]
        connection.close()
