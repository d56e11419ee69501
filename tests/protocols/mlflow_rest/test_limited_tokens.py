"""What an MLflow client gets with a token that is good for one model or one registry."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db.models import Model
from django.test import Client

from accounts import access
from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.operations.tokens import create_token
from accounts.rights import Role, Scope
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model
from tests.factories.registry import register_files
from tests.factories.tracking import new_experiment, new_run

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


@pytest.fixture
def limited(scientist: User) -> Callable[[Model], Ask]:
    """Sends requests with a token of the scientist's: `limited(model)("GET", "runs/get", run_id="x")`."""

    def make(thing: Model) -> Ask:
        _, secret = create_token(scientist, name="x", scopes=[Scope.READ, Scope.WRITE], limit=thing, actor=scientist)
        client = Client(headers={"Authorization": f"Bearer {secret}"})

        def send(method: str, path: str, /, **fields: Any) -> Any:
            url = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
            if method == "GET":
                return client.get(url, fields)
            return client.generic(method, url, orjson.dumps(fields), "application/json")

        return send

    return make


def names(answer: Any, field: str, key: str = "name") -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row[key] for row in answer.json().get(field, [])]


def test_a_token_for_a_model_sees_that_model_only(
    limited: Callable[[Model], Ask], version: ModelVersion, registry: Registry, scientist: User, system: User
) -> None:
    access.grant(Role.CONTRIBUTOR, on=create_registry("lab", actor=system), to=scientist, actor=system)
    other = create_model(registry, "other", actor=scientist)
    register_files(other, {"weights.txt": b"7"}, actor=scientist)
    run = new_run(new_experiment(registry, actor=scientist), actor=scientist)
    ask = limited(version.model)
    assert names(ask("GET", "registered-models/search"), "registered_models") == ["iris"]
    assert names(ask("GET", "model-versions/search"), "model_versions") == ["iris"]
    assert ask("GET", "registered-models/get", name="iris").status_code == 200
    assert ask("GET", "model-versions/get", name="iris", version="1").status_code == 200
    place = ask("GET", "model-versions/get-download-uri", name="iris", version="1").json()["artifact_uri"]
    assert place
    assert ask("POST", "model-versions/set-tag", name="iris", version="1", key="k", value="v").status_code == 200
    assert ask("POST", "registered-models/alias", name="iris", alias="blue", version="1").status_code == 200
    # As for somebody who has a role on one model: its registry is where the client looks for it.
    assert names(ask("GET", "/api/3.0/mlflow/workspaces"), "workspaces") == ["main"]
    assert names(ask("POST", "experiments/search", max_results=10), "experiments") == []
    for method, path, fields in (
        ("GET", "registered-models/get", {"name": "other"}),
        ("GET", "model-versions/get", {"name": "other", "version": "1"}),
        ("GET", "model-versions/get-download-uri", {"name": "other", "version": "1"}),
        ("POST", "model-versions/set-tag", {"name": "other", "version": "1", "key": "k", "value": "v"}),
        ("GET", "runs/get", {"run_id": run.run_id}),
        ("POST", "runs/log-metric", {"run_id": run.run_id, "key": "k", "value": 1, "timestamp": 1}),
        ("POST", "runs/create", {"experiment_id": str(run.experiment_id)}),
        ("POST", "experiments/create", {"name": "new"}),
        ("POST", "registered-models/create", {"name": "new"}),
        ("GET", "artifacts/list", {"run_id": run.run_id}),
    ):
        answer = ask(method, path, **fields)
        assert answer.status_code in (403, 404), (path, answer.content)
        assert answer.json()["error_code"] in ("RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED"), path
    assert not RegisteredModel.objects.filter(name="new").exists()


def test_a_token_for_a_registry_does_not_reach_another_one(
    limited: Callable[[Model], Ask], version: ModelVersion, registry: Registry, scientist: User, system: User
) -> None:
    lab = create_registry("lab", actor=system)
    access.grant(Role.CONTRIBUTOR, on=lab, to=scientist, actor=system)
    register_files(create_model(lab, "secret", actor=scientist), {"w": b"1"}, actor=scientist)
    ask = limited(registry)
    assert names(ask("GET", "/api/3.0/mlflow/workspaces"), "workspaces") == ["main"]
    assert ask("POST", "registered-models/create", name="new").status_code == 200
    assert ask("POST", "experiments/create", name="new").status_code == 200
    there = "/r/lab/api/2.0/mlflow/"
    for method, path, fields in (
        ("GET", "registered-models/get", {"name": "secret"}),
        ("GET", "model-versions/get", {"name": "secret", "version": "1"}),
        ("GET", "registered-models/search", {}),
        ("POST", "registered-models/create", {"name": "new"}),
        ("POST", "experiments/create", {"name": "new"}),
    ):
        answer = ask(method, there + path, **fields)
        assert answer.status_code in (403, 404) or not answer.json().get("registered_models"), (path, answer.content)
        assert b"secret" not in answer.content.replace(b"secret was not found", b"").replace(b"name=secret", b"")
    assert not RegisteredModel.objects.filter(registry=lab, name="new").exists()


def test_a_token_for_a_model_says_so_when_it_creates_another_one(
    limited: Callable[[Model], Ask], version: ModelVersion, system: User
) -> None:
    create_registry("hidden", actor=system)
    ask = limited(version.model)
    for registry in ("main", "hidden", "missing"):
        answer = ask("POST", f"/r/{registry}/api/2.0/mlflow/registered-models/create", name="new")
        assert answer.status_code == 404
        said = f"Registry {registry} was not found. This token is good only for {version.model.registry}/iris."
        assert answer.json()["message"] == said


def test_the_owner_still_sees_everything(ask: Ask, version: ModelVersion, registry: Registry, scientist: User) -> None:
    create_model(registry, "other", actor=scientist)
    assert sorted(names(ask("GET", "registered-models/search"), "registered_models")) == ["iris", "other"]
