"""The real MLflow client signs in: by token, by name and password, by a token as the password; and is turned away."""

from collections.abc import Callable
from datetime import timedelta

import mlflow
import pytest
from django.utils import timezone
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException
from pytest_django.live_server_helper import LiveServer
from requests import HTTPError

from accounts.models import ApiToken, Registry, User
from accounts.operations.tokens import create_token, revoke_token
from accounts.rights import Role, Scope
from registry.models import RegisteredModel
from tests.conftest import PASSWORD, Member
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Register, SignIn, refused_with

pytestmark = WITH_REAL_CLIENT

SignInWith = Callable[..., None]


@pytest.fixture
def outside(live_server: LiveServer, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """A client without credentials."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    return MlflowClient(live_server.url)


@pytest.fixture
def sign_in_with(monkeypatch: pytest.MonkeyPatch) -> SignInWith:
    """Sets what people set: `sign_in_with(token=...)`, `sign_in_with(name=..., password=...)`; unsets the rest."""

    def use(*, token: str = "", name: str = "", password: str = "") -> None:
        for key, value in {"TOKEN": token, "USERNAME": name, "PASSWORD": password}.items():
            monkeypatch.setenv(f"MLFLOW_TRACKING_{key}", value)
            if not value:
                monkeypatch.delenv(f"MLFLOW_TRACKING_{key}")

    return use


def test_credentials_of_every_kind_are_taken(
    outside: MlflowClient, scientist: User, ci_account: User, token_of: Callable[..., str], sign_in_with: SignInWith
) -> None:
    for name, person in {"ada": scientist, "ci": ci_account}.items():
        sign_in_with(token=token_of(person))
        outside.create_registered_model(f"{name}-by-token")
        sign_in_with(name="anything", password=token_of(person))
        outside.create_registered_model(f"{name}-by-password")
    sign_in_with(name="ada", password=PASSWORD)
    outside.create_registered_model("by-name")
    sign_in_with(name="Ada@Example.org", password=PASSWORD)
    outside.create_registered_model("by-mail")
    # The client prefers name and password, where both are set.
    sign_in_with(token="gate_wrong", name="ada", password=PASSWORD)
    owners = RegisteredModel.objects.order_by("name").values_list("name", "owner__username")
    assert list(owners) == [
        ("ada-by-password", "ada"),
        ("ada-by-token", "ada"),
        ("by-mail", "ada"),
        ("by-name", "ada"),
        ("ci-by-password", "ci"),
        ("ci-by-token", "ci"),
    ]
    assert len(outside.search_registered_models()) == 6


def test_wrong_credentials_are_refused_everywhere(
    outside: MlflowClient, scientist: User, sign_in_with: SignInWith
) -> None:
    for credentials in (
        {},
        {"token": "gate_wrong"},
        {"token": "gate_" + "x" * 5000},
        {"token": "wrong"},
        {"name": "ada", "password": "wrong"},
        {"name": "nobody", "password": PASSWORD},
        {"name": "ada", "password": "gate_wrong"},
        {"name": "gatehouse", "password": "gatehouse"},
    ):
        sign_in_with(**credentials)
        for attempt in (
            outside.search_registered_models,
            lambda: outside.create_registered_model("iris"),
            lambda: outside.get_experiment("0"),
            lambda: outside.create_run("0"),
            outside.list_workspaces,
        ):
            with refused_with("UNAUTHENTICATED"):
                attempt()


def test_a_token_ends(outside: MlflowClient, scientist: User, sign_in_with: SignInWith) -> None:
    token, secret = create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    sign_in_with(token=secret)
    assert outside.search_registered_models() == []
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with refused_with("UNAUTHENTICATED", "unknown, expired or revoked"):
        outside.search_registered_models()
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=1))
    assert outside.search_registered_models() == []
    revoke_token(token, actor=scientist)
    with refused_with("UNAUTHENTICATED", "unknown, expired or revoked"):
        outside.search_registered_models()


def test_a_person_who_was_deactivated_is_out_at_once(
    outside: MlflowClient, scientist: User, token_of: Callable[..., str], sign_in_with: SignInWith
) -> None:
    for credentials in ({"token": token_of(scientist)}, {"name": "ada", "password": PASSWORD}):
        sign_in_with(**credentials)
        User.objects.filter(pk=scientist.pk).update(is_active=True)
        assert outside.get_experiment("0").name == "Default"
        User.objects.filter(pk=scientist.pk).update(is_active=False)
        with refused_with("UNAUTHENTICATED"):
            outside.get_experiment("0")


def test_a_reader_reads_the_registry_and_changes_nothing(
    client: MlflowClient, register: Register, registry: Registry, member: Member, sign_in: SignIn
) -> None:
    register("iris", tags={"a": "b"})
    client.set_registered_model_alias("iris", "best", "1")
    before = dict(client.get_registered_model("iris"))
    sign_in(member(Role.READER, registry))
    assert client.get_model_version_by_alias("iris", "best").tags == {"a": "b"}
    assert mlflow.artifacts.load_text("models:/iris@best/weights.txt") == "1 2 3"
    attempts: list[Callable[[], object]] = [
        lambda: client.create_registered_model("rose"),
        lambda: client.update_registered_model("iris", "x"),
        lambda: client.rename_registered_model("iris", "rose"),
        lambda: client.delete_registered_model("iris"),
        lambda: client.set_registered_model_tag("iris", "k", "v"),
        lambda: client.delete_registered_model_tag("iris", "k"),
        lambda: client.create_model_version("iris", "s3://bucket/x"),
        lambda: client.update_model_version("iris", "1", "x"),
        lambda: client.delete_model_version("iris", "1"),
        lambda: client.set_model_version_tag("iris", "1", "k", "v"),
        lambda: client.delete_model_version_tag("iris", "1", "a"),
        lambda: client.transition_model_version_stage("iris", "1", "Staging"),
        lambda: client.set_registered_model_alias("iris", "best", "1"),
        lambda: client.delete_registered_model_alias("iris", "best"),
    ]
    for attempt in attempts:
        with refused_with("PERMISSION_DENIED", "Your role does not include"):
            attempt()
    assert dict(client.get_registered_model("iris")) == before


def test_a_reader_of_metadata_gets_no_bytes(
    client: MlflowClient, register: Register, registry: Registry, member: Member, sign_in: SignIn
) -> None:
    register("iris")
    sign_in(member(Role.METADATA_READER, registry))
    assert client.get_model_version("iris", "1").status == "READY"
    with pytest.raises(HTTPError, match="Your role does not include"):
        mlflow.artifacts.load_text("models:/iris/1/weights.txt")


def test_a_token_for_reading_changes_nothing(
    client: MlflowClient, register: Register, scientist: User, sign_in: SignIn
) -> None:
    register("iris")
    sign_in(scientist, Scope.READ)
    assert client.get_registered_model("iris").name == "iris"
    with refused_with("PERMISSION_DENIED", "does not have the scope"):
        client.set_registered_model_tag("iris", "k", "v")


def test_a_stranger_sees_nothing(client: MlflowClient, register: Register, stranger: User, sign_in: SignIn) -> None:
    shown = register("iris")
    sign_in(stranger)
    assert [*client.search_registered_models(), *client.search_model_versions()] == []
    assert [*client.search_experiments(), *client.list_workspaces()] == []
    attempts: list[Callable[[], object]] = [
        lambda: client.get_registered_model("iris"),
        lambda: client.get_model_version("iris", "1"),
        lambda: client.get_model_version_download_uri("iris", "1"),
        lambda: client.get_latest_versions("iris"),
        lambda: client.set_registered_model_tag("iris", "k", "v"),
        lambda: client.create_registered_model("rose"),
        lambda: client.get_run(str(shown.run_id)),
        lambda: client.get_experiment("0"),
    ]
    for attempt in attempts:
        with refused_with("RESOURCE_DOES_NOT_EXIST", "not found|No Experiment"):
            attempt()
    with pytest.raises((MlflowException, RestException), match="not found"):
        mlflow.artifacts.load_text("models:/iris/1/weights.txt")
