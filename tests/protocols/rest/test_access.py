"""Who reaches what, why, and asking for more, over the native API."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import access
from accounts.models import Registry, User
from accounts.operations.people import create_person
from accounts.rights import Role, Scope
from registry.models import ModelVersion, RegisteredModel
from tests.conftest import Member
from tests.factories.tracking import new_experiment
from tests.protocols.rest.conftest import Api, refused

MODEL = "/registries/main/models/iris"


def test_everybody_who_reaches_a_model_is_listed_with_the_way(
    api: Api, model: RegisteredModel, maintainer: User, member: Member
) -> None:
    until = timezone.now() + timedelta(days=3)
    rita = member(Role.READER, model, name="rita")
    access.grant(Role.READER, on=model, to=rita, ends_at=until, actor=maintainer)
    answer = api(maintainer).get(f"{MODEL}/access").json()
    assert [(row["account"], row["roles"]) for row in answer["results"]] == [
        ("ada", ["contributor"]),
        ("mary", ["maintainer"]),
        ("rita", ["reader"]),
    ]
    through = answer["results"][2]["through"]
    assert through[0]["on"] == "iris" and through[0]["kind"] == "model" and through[0]["ends_at"] is not None
    assert [row["account"] for row in api(maintainer).get(f"{MODEL}/access", q="rit").json()["results"]] == ["rita"]
    assert len(api(maintainer).get("/registries/main/access").json()["results"]) == 2


def test_readers_and_strangers_do_not_learn_who_has_access(
    api: Api, model: RegisteredModel, scientist: User, stranger: User
) -> None:
    refused(api(scientist).get(f"{MODEL}/access"), 403)
    refused(api(stranger).get(f"{MODEL}/access"), 404)
    refused(api(stranger).get("/registries/main/access"), 404)


def test_a_role_is_given_with_an_end(api: Api, model: RegisteredModel, maintainer: User, stranger: User) -> None:
    until = (timezone.now() + timedelta(days=3)).isoformat()
    body = {"role": "reader", "ends_at": until}
    assert api(maintainer).put(f"{MODEL}/grants/accounts/stranger", body).status_code == 204
    (row,) = api(maintainer).get(f"{MODEL}/grants").json()["results"]
    assert (row["account"], row["role"]) == ("stranger", "reader")
    assert row["ends_at"][:16] == until[:16]
    past = {"role": "reader", "ends_at": "2020-01-01T00:00:00Z"}
    refused(api(maintainer).put(f"{MODEL}/grants/accounts/stranger", past), 400)


def test_roles_on_experiments_are_given_and_taken(
    api: Api, registry: Registry, scientist: User, maintainer: User, stranger: User
) -> None:
    path = f"/registries/main/experiments/{new_experiment(registry, actor=scientist).pk}"
    assert api(maintainer).put(f"{path}/grants/accounts/stranger", {"role": "reader"}).status_code == 204
    assert [row["account"] for row in api(maintainer).get(f"{path}/grants").json()["results"]] == ["stranger"]
    assert len(api(maintainer).get(f"{path}/access").json()["results"]) == 3
    assert api(maintainer).delete(f"{path}/grants/accounts/stranger").status_code == 204
    refused(api(stranger).get(f"{path}/grants"), 404)
    refused(api(scientist).put(f"{path}/grants/accounts/stranger", {"role": "reader"}), 403)
    refused(api(maintainer).get("/registries/main/experiments/99999/access"), 404)


def test_an_explanation_tells_every_step(api: Api, model: RegisteredModel, maintainer: User, scientist: User) -> None:
    asked = {"right": "manage", "registry": "main", "model": "iris"}
    answer = api(scientist).get("/access/explanation", **asked).json()
    assert (answer["account"], answer["allowed"]) == ("ada", False)
    assert answer["sentence"] == "ada does not have the right “manage” on model iris."
    assert [step["kind"] for step in answer["steps"]] == ["scope", "role", "needed", "ask"]
    assert answer["steps"][2]["data"] == {"roles": ["maintainer"], "on": ["model iris", "registry main"]}
    about = api(maintainer).get("/access/explanation", account="ada", **asked).json()
    assert about["steps"][-1]["data"] == {"maintainers": ["mary"]}


def test_an_explanation_of_oneself_is_about_the_token(api: Api, model: RegisteredModel, maintainer: User) -> None:
    answer = api(maintainer, Scope.READ).get("/access/explanation", right="edit", registry="main", model="iris").json()
    assert not answer["allowed"]
    assert answer["steps"][0] == {
        "kind": "scope",
        "effect": "refuses",
        "sentence": "The token lacks the scope “write”, which this needs.",
        "data": {"scope": "write"},
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"model": "iris", "version": "1", "stage": "Production"},
        {"model": "iris", "version": "1", "alias": "champion"},
    ],
)
def test_an_explanation_of_a_move_tells_what_the_gates_say(
    api: Api, version: ModelVersion, scientist: User, asked: dict[str, str]
) -> None:
    answer = api(scientist).get("/access/explanation", registry="main", **asked).json()
    assert (answer["right"], answer["allowed"]) == ("promote", False)
    assert answer["sentence"].startswith("ada may not move iris version 1 to ")
    assert [step["effect"] for step in answer["steps"] if step["kind"] == "gate"] == ["refuses"]
    free = {**asked, "stage": "Staging", "alias": ""} if "stage" in asked else {**asked, "alias": "blue"}
    assert api(scientist).get("/access/explanation", registry="main", **free).json()["allowed"]


def test_questions_about_others_and_hidden_things_are_refused(
    api: Api, model: RegisteredModel, scientist: User, maintainer: User, stranger: User
) -> None:
    asked = {"right": "see", "registry": "main", "model": "iris"}
    refused(api(scientist).get("/access/explanation", account="mary", **asked), 403)
    refused(api(scientist).get("/access/explanation", account="no-one", **asked), 403)
    refused(api(stranger).get("/access/explanation", account="mary", **asked), 404)
    refused(api(stranger).get("/access/explanation", **asked), 404)
    refused(api(maintainer).get("/access/explanation", account="no-one", **asked), 404)
    for wrong in (
        {"version": "1"},
        {"model": "iris", "experiment": "1"},
        {"model": "iris", "stage": "Production"},
        {"model": "iris", "right": "fly"},
        {"model": "iris", "version": "1", "stage": "Production", "alias": "x"},
    ):
        refused(api(scientist).get("/access/explanation", registry="main", **wrong), 400)


def test_a_role_is_asked_for_and_given(
    api: Api, model: RegisteredModel, maintainer: User, member: Member, scientist: User, stranger: User
) -> None:
    rita = member(Role.METADATA_READER, model.registry, name="rita")
    body = {"role": "reader", "reason": "I evaluate it."}
    made = api(rita).post(f"{MODEL}/access-requests", body)
    assert made.status_code == 201
    asked = made.json()
    assert (asked["kind"], asked["registry"], asked["name"], asked["state"]) == ("model", "main", "iris", "open")
    refused(api(rita).post(f"{MODEL}/access-requests", body), 409)
    refused(api(stranger).post(f"{MODEL}/access-requests", body), 404)
    refused(api(rita, Scope.READ, Scope.WRITE).post("/registries/main/access-requests", body), 403)
    path = f"/access-requests/{asked['id']}"
    refused(api(scientist).get(path), 404)
    refused(api(scientist).post(f"{path}/answer", {"grant": True}), 404)
    refused(api(rita).post(f"{path}/answer", {"grant": True}), 403)
    assert [row["id"] for row in api(maintainer).get("/access-requests").json()["results"]] == [asked["id"]]
    answered = api(maintainer).post(f"{path}/answer", {"grant": True, "answer": "Yes."}).json()
    assert (answered["state"], answered["decided_by"], answered["answer"]) == ("granted", "mary", "Yes.")
    assert api(maintainer).get("/access-requests").json()["results"] == []
    assert len(api(maintainer).get("/access-requests", show="decided").json()["results"]) == 1
    assert len(api(rita).get("/access-requests", show="mine").json()["results"]) == 1
    refused(api(maintainer).post(f"{path}/answer", {"grant": False}), 409)


def test_a_request_is_taken_back(api: Api, model: RegisteredModel, member: Member) -> None:
    rita = member(Role.METADATA_READER, model.registry, name="rita")
    asked = api(rita).post("/registries/main/access-requests", {"role": "reader", "reason": "x"}).json()
    assert asked["kind"] == "registry"
    assert api(rita).post(f"/access-requests/{asked['id']}/withdraw").json()["state"] == "withdrawn"
    refused(api(rita).post(f"/access-requests/{asked['id']}/withdraw"), 409)


def test_the_list_of_people_costs_the_same_for_few_and_many(
    api: Api, model: RegisteredModel, maintainer: User, system: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = api(maintainer)
    caller.get(f"{MODEL}/access")
    for number in range(30):
        person = create_person(f"p{number}", email=f"p{number}@example.org", password=None, actor=system)
        access.grant(Role.READER, on=model if number % 2 else model.registry, to=person, actor=system)
    # The token, the model, the right, the page, and the roles of those on it: on the model and on the registry.
    with django_assert_num_queries(6):
        answer = caller.get(f"{MODEL}/access", page_size=20).json()
    assert len(answer["results"]) == 20 and answer["next_page_token"]
