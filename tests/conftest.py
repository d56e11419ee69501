"""People and things that many tests need. Everybody is made by the operations that make them in the product."""

from collections.abc import Callable
from itertools import count

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model
from pytest_django import Settings

from accounts import access
from accounts.models import Registry, User
from accounts.operations.people import create_person, create_service_account
from accounts.operations.registries import create_registry
from accounts.operations.tokens import create_token
from accounts.queries import system_user
from accounts.rights import Role, Scope
from blobs.models import Blob
from blobs.operations.uploads import store_bytes
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.models import create_model
from scanning.models import Scan, Verdict
from tests.factories.registry import register_files

PASSWORD = "correct horse battery"
Member = Callable[..., User]

_number = count(1)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as in the product: in memory, threads would share one lock that nobody waits for."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(settings.DATA_DIR / "test.sqlite3")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Hashes passwords in no time; the slow way is Django's own and tested there."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def system(db: None) -> User:
    """Gatehouse itself."""
    return system_user()


@pytest.fixture
def registry(system: User) -> Registry:
    """The default registry."""
    return create_registry("main", is_default=True, actor=system)


@pytest.fixture
def stranger(system: User) -> User:
    """Somebody who is signed in and has no grant at all."""
    return create_person("stranger", email="stranger@example.org", password=PASSWORD, actor=system)


@pytest.fixture
def administrator(system: User) -> User:
    """Somebody who may do everything."""
    return create_person("root", email="root@example.org", password=PASSWORD, is_administrator=True, actor=system)


@pytest.fixture
def member(system: User) -> Member:
    """Makes people: `member(Role.READER, registry, name="rita")`."""

    def make(role: Role, thing: Model, *, name: str = "") -> User:
        name = name or f"{role.value.replace('_', '-')}-{next(_number)}"
        person = create_person(name, email=f"{name}@example.org", password=PASSWORD, actor=system)
        access.grant(role, on=thing, to=person, actor=system)
        return person

    return make


@pytest.fixture
def scientist(member: Member, registry: Registry) -> User:
    """A contributor to the default registry."""
    return member(Role.CONTRIBUTOR, registry, name="ada")


@pytest.fixture
def reviewer(member: Member, registry: Registry) -> User:
    """A reviewer of the default registry."""
    return member(Role.REVIEWER, registry, name="grace")


@pytest.fixture
def maintainer(member: Member, registry: Registry) -> User:
    """A maintainer of the default registry."""
    return member(Role.MAINTAINER, registry, name="mary")


@pytest.fixture
def ci_account(scientist: User, registry: Registry, system: User) -> User:
    """A service account that belongs to the scientist."""
    account = create_service_account("ci", owner=scientist, actor=system)
    access.grant(Role.CONTRIBUTOR, on=registry, to=account, actor=system)
    return account


@pytest.fixture
def token_of(system: User) -> Callable[..., str]:
    """Makes secrets: `token_of(ada)`, `token_of(ada, Scope.READ)`; every scope without any."""

    def make(owner: User, *scopes: Scope) -> str:
        return create_token(owner, name="test", scopes=scopes or tuple(Scope), actor=system)[1]

    return make


@pytest.fixture
def model(registry: Registry, scientist: User) -> RegisteredModel:
    """A model of the scientist's without versions."""
    return create_model(registry, "iris", actor=scientist)


@pytest.fixture
def version(model: RegisteredModel, scientist: User) -> ModelVersion:
    """Version 1 of the model, with one small file, not scanned yet."""
    return register_files(model, {"weights.txt": b"1 2 3"}, actor=scientist)


@pytest.fixture
def judge() -> Callable[[ModelVersion, Verdict], Scan]:
    """Stores a verdict about the files of a version without looking at them."""

    def store(version: ModelVersion, verdict: Verdict = Verdict.CLEAN) -> Scan:
        scan = Scan.objects.filter(tree=version.tree).latest("pk")
        scan.verdict = verdict
        scan.save(update_fields=["verdict"])
        return scan

    return store


@pytest.fixture
def stage(registry: Registry) -> Callable[[str], Stage]:
    """Finds a stage of the default registry by its name."""
    return lambda name: Stage.objects.get(registry=registry, name=name)


@pytest.fixture
def stored(system: User) -> Callable[[bytes], Blob]:
    """Puts bytes into the store."""
    return lambda content: store_bytes([content], length=len(content), actor=system)
