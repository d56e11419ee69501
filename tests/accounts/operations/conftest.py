"""A service account, an issuer of identity tokens, and trusts in it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts import access
from accounts.credentials import issuers
from accounts.models import Registry, TrustedWorkload, User
from accounts.operations.people import create_service_account
from accounts.operations.trusts import trust_workload
from accounts.rights import Role, Scope
from tests.services.issuer import Issuer, serve

CLAIMS = {"repository": "acme/model", "ref": "refs/heads/*"}
JOB = {
    "aud": "gatehouse",
    "sub": "repo:acme/model:ref:refs/heads/main",
    "repository": "acme/model",
    "ref": "refs/heads/main",
    "run_id": "77",
}
Trust = Callable[..., TrustedWorkload]


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    """An issuer that this installation counts as one of its own."""
    issuers.forget()
    with serve() as running:
        settings.ISSUERS_INSIDE = ["127.0.0.1"]
        yield running
    issuers.forget()


@pytest.fixture
def robot(maintainer: User, registry: Registry, system: User) -> User:
    """A service account of the maintainer's that contributes to the registry."""
    account = create_service_account("robot", owner=maintainer, actor=system)
    access.grant(Role.CONTRIBUTOR, on=registry, to=account, actor=system)
    return account


@pytest.fixture
def trust(registry: Registry, robot: User, maintainer: User, issuer: Issuer) -> Trust:
    """Trusts the issuer: `trust()`, `trust(name="other", claims={...})`."""

    def make(**said: Any) -> TrustedWorkload:
        usual: dict[str, Any] = {
            "account": robot,
            "name": "training",
            "issuer": issuer.address,
            "audience": "gatehouse",
            "claims": CLAIMS,
            "scopes": [Scope.READ, Scope.WRITE],
            "actor": maintainer,
        }
        return trust_workload(said.pop("registry", registry), **{**usual, **said})

    return make
