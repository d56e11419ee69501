"""Asking for rights costs the same number of queries, whoever asks and however many grants that takes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import access
from accounts.models import Registry, User
from accounts.operations.people import create_person
from accounts.operations.teams import add_member, create_team
from accounts.operations.tokens import create_token
from accounts.rights import Right, Role, Scope
from registry.models import ModelVersion, RegisteredModel, RegisteredModelGrant
from registry.names import fold

pytestmark = pytest.mark.django_db
FEW, MANY = 10, 200
QUESTIONS: dict[str, tuple[str, dict[str, str], int]] = {
    "list": ("/api/v1/models", {}, 3),
    "search": ("/api/2.0/mlflow/registered-models/search", {"max_results": "5"}, 5),
    "get": ("/api/2.0/mlflow/model-versions/get", {"name": "m0", "version": "1"}, 2),
}


def _more_models(registry: Registry, owner: User, first: int, last: int) -> list[RegisteredModel]:
    models = RegisteredModel.objects.bulk_create(
        RegisteredModel(registry=registry, name=f"m{n}", folded_name=fold(f"m{n}"), owner=owner, last_number=1)
        for n in range(first, last)
    )
    ModelVersion.objects.bulk_create(ModelVersion(model=model, number=1, uploader=owner) for model in models)
    return models


def _grant(models: list[RegisteredModel], groups: list[Any]) -> None:
    reader = Permission.objects.get(codename="reader", content_type__model="registeredmodel")
    RegisteredModelGrant.objects.bulk_create(
        RegisteredModelGrant(group=groups[n % len(groups)], content_object=model, permission=reader)
        for n, model in enumerate(models)
    )


def _sent(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len([query for query in queries if not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))])


def test_everybody_costs_the_same_number_of_queries_with_few_grants_and_with_many(
    registry: Registry, administrator: User, system: User
) -> None:
    def person(name: str) -> User:
        return create_person(name, email=f"{name}@example.org", password=None, actor=system)

    auditor, member, own, joined = (person(name) for name in ("auditor", "member", "own", "joined"))
    auditor.is_auditor = True
    auditor.save(update_fields=["is_auditor"])
    access.grant(Role.READER, on=registry, to=member, actor=system)
    teams = [create_team(f"team-{n}", actor=system) for n in range(8)]
    for team in teams:
        add_member(team, joined, actor=system)
    models = _more_models(registry, system, 0, FEW)
    groups = [team.group for team in teams]
    _grant(models, [own.personal_team.group])
    _grant(models, groups)

    people = {"administrator": administrator, "auditor": auditor, "member": member, "own": own, "joined": joined}
    secrets = {who: create_token(user, name="t", scopes=list(Scope), actor=system)[1] for who, user in people.items()}
    secrets["limited"] = create_token(member, name="t", scopes=[Scope.READ], limit=models[0], actor=system)[1]
    wrong = {}
    for grants in (FEW, MANY):
        for who, secret in secrets.items():
            client = Client(headers={"Authorization": f"Bearer {secret}"})
            for what, (path, fields, expected) in QUESTIONS.items():
                client.get(path, fields)  # the first use of a token in a minute is noted

                def ask(client: Client = client, path: str = path, fields: dict[str, str] = fields) -> None:
                    assert client.get(path, fields).status_code == 200

                if (sent := _sent(ask)) != expected:
                    wrong[who, what, grants] = (expected, sent)
        if grants == FEW:
            more = _more_models(registry, system, FEW, MANY)
            _grant(more, [own.personal_team.group])
            _grant(more, groups)
    assert wrong == {}


@pytest.mark.parametrize("right", [Right.DOWNLOAD, Right.MANAGE])
def test_one_question_about_a_right_is_one_query_at_most(
    right: Right, version: ModelVersion, administrator: User, scientist: User, stranger: User
) -> None:
    version = ModelVersion.objects.get(pk=version.pk)
    asked = {
        person.username: _sent(partial(access.can, person, right, version))
        for person in (administrator, scientist, stranger)
    }
    assert asked == {"root": 0, "ada": 1, "stranger": 1}
