"""The class of an answer's time: what is hidden costs the same queries as what is missing, a name the same hashes."""

from collections.abc import Callable

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.authentication import with_password
from accounts.models import Registry, User
from accounts.operations.people import create_person
from accounts.operations.registries import create_registry
from registry.models import ModelVersion
from registry.operations.models import create_model
from tests.conftest import PASSWORD
from tests.factories.registry import register_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every slow hash that is computed."""
    computed: list[str] = []
    for name in ("encode", "harden_runtime"):
        plain = getattr(hashers.MD5PasswordHasher, name)

        def count(self: object, *args: object, plain: Callable[..., object] = plain, name: str = name) -> object:
            if name == "encode":
                computed.append(name)
            return plain(self, *args)

        monkeypatch.setattr(hashers.MD5PasswordHasher, name, count)
    return computed


def test_every_wrong_password_costs_the_same_hashes(hashes: list[str], scientist: User, system: User) -> None:
    """Known or not, with a password or without one, asleep, a machine, or Gatehouse itself."""
    create_person("without", email="without@example.org", password=None, actor=system)
    asleep = create_person("asleep", email="asleep@example.org", password=PASSWORD, actor=system)
    User.objects.filter(pk=asleep.pk).update(is_active=False)
    costs = {}
    for name in ("ada", "ada@example.org", "nobody", "without", "asleep", system.username, "n\0", "x" * 200):
        hashes.clear()
        assert with_password(name, "wrong") is None
        costs[name] = len(hashes)
    hashes.clear()
    assert with_password("asleep", PASSWORD) is None
    costs["asleep, right"] = len(hashes)
    assert set(costs.values()) == {1}, costs


@pytest.fixture
def hidden(registry: Registry, scientist: User, system: User) -> ModelVersion:
    """A version in a registry that the stranger does not see."""
    far = create_registry("far", actor=system)
    return register_files(create_model(far, "plans", actor=system), {"a.txt": b"1"}, actor=system)


PAIRS = [
    ("/models/far/plans", "/models/far/missing"),
    ("/models/far/plans", "/models/nowhere/plans"),
    ("/models/far/plans/versions/1", "/models/far/plans/versions/9"),
    ("/models/far/plans/versions/1/files/a.txt", "/models/far/plans/versions/1/files/b.txt"),
    ("/models/far/plans/access", "/models/nowhere/plans/access"),
    ("/registries/far", "/registries/nowhere"),
    ("/runs/{run}", "/runs/" + "f" * 32),
    ("/experiments/{experiment}", "/experiments/987654"),
    ("/api/v1/registries/far", "/api/v1/registries/nowhere"),
    ("/api/v1/registries/far/models/plans", "/api/v1/registries/far/models/missing"),
    ("/api/v1/registries/far/models/plans/versions/1", "/api/v1/registries/far/models/plans/versions/9"),
    ("/api/v1/registries/far/models/plans/versions/1/files", "/api/v1/registries/nowhere/models/x/versions/1/files"),
    ("/api/v1/registries/far/models/plans/grants", "/api/v1/registries/far/models/missing/grants"),
    ("/api/v1/tokens/{token}", "/api/v1/tokens/987654"),
    (
        "/r/far/api/2.0/mlflow/registered-models/get?name=plans",
        "/r/nowhere/api/2.0/mlflow/registered-models/get?name=x",
    ),
    ("/r/far/api/2.0/mlflow/runs/get?run_id={run}", "/r/nowhere/api/2.0/mlflow/runs/get?run_id={run}"),
    ("/api/2.0/mlflow/runs/get?run_id={run}", "/api/2.0/mlflow/runs/get?run_id=" + "f" * 32),
    (
        "/r/far/api/2.0/mlflow/model-versions/get?name=plans&version=1",
        "/r/far/api/2.0/mlflow/model-versions/get?name=missing&version=1",
    ),
    (
        "/api/2.0/mlflow-artifacts/artifacts/versions/far/plans/1/a.txt",
        "/api/2.0/mlflow-artifacts/artifacts/versions/far/missing/1/a.txt",
    ),
]


@pytest.mark.parametrize(("there", "missing"), PAIRS)
def test_what_is_hidden_costs_as_many_queries_as_what_is_missing(
    hidden: ModelVersion, stranger: User, token_of: Callable[..., str], there: str, missing: str
) -> None:
    run = hidden.source_run
    assert run is not None
    token_of(
        hidden.uploader if not hidden.uploader.is_system else run.created_by
    ) if not run.created_by.is_system else None
    names = {"run": run.run_id, "experiment": run.experiment_id, "token": 1}
    client, secret = Client(), token_of(stranger)
    client.force_login(stranger)
    headers = {} if not there.startswith(("/api", "/r/")) else {"Authorization": f"Bearer {secret}"}
    client.get(there.format(**names), headers=headers)  # notes that the token is in use
    found = []
    for address in (there, missing):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address.format(**names), headers=headers)
        assert answer.status_code in (404, 405), (address, answer.status_code)
        found.append([query["sql"].split(" ")[0] for query in queries.captured_queries])
    assert found[0] == found[1]
