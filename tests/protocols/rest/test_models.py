"""Registries, models, tags and who may do what on them."""

from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Registry, User
from registry.models import RegisteredModel
from registry.operations.models import create_model, set_model_tag
from tests.protocols.rest.conftest import Api, Caller, refused

MODEL = "/registries/main/models/iris"


def pages(caller: Caller, path: str, size: int, **query: Any) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    token: str | None = ""
    while token is not None:
        answer = caller.get(path, page_token=token, page_size=size, **query).json()
        assert len(answer["results"]) <= size
        rows += answer["results"]
        token = answer["next_page_token"]
    return rows


def test_an_administrator_creates_a_registry_with_ladder_and_policies(api: Api, administrator: User) -> None:
    caller = api(administrator)
    assert caller.post("/registries", {"name": "fraud", "description": "Cards"}).status_code == 201
    refused(caller.post("/registries", {"name": "fraud"}), 409)
    refused(caller.post("/registries", {"name": "../x"}), 400)
    assert caller.get("/registries/fraud").json()["description"] == "Cards"
    stages = caller.get("/registries/fraud/stages").json()["results"]
    assert [stage["name"] for stage in stages] == ["None", "Staging", "Production", "Archived"]
    policies = caller.get("/registries/fraud/policies").json()["results"]
    assert [(policy["stage"], policy["alias"]) for policy in policies] == [(None, "champion"), ("Production", None)]


def test_only_administrators_create_registries(api: Api, maintainer: User) -> None:
    refused(api(maintainer).post("/registries", {"name": "fraud"}), 403)


def test_a_maintainer_puts_a_policy_in_force(api: Api, maintainer: User, scientist: User) -> None:
    policy = {"stage": "Staging", "approvals_needed": 2, "needs_clean_scan": False}
    made = api(maintainer).post("/registries/main/policies", policy)
    assert (made.status_code, made.json()["number"], made.json()["is_in_force"]) == (201, 1, True)
    refused(api(scientist).post("/registries/main/policies", policy), 403)
    for bad in ({}, {"stage": "Moon"}, {"stage": "Staging", "alias": "a"}, {"alias": "a", "approvals_needed": 21}):
        refused(api(maintainer).post("/registries/main/policies", bad), 400)


@pytest.mark.parametrize("name", ["two words", "Größe.v2", "模型", "a.b.c", "quote\"'<b>", "semi;colon&amp=1+1"])
def test_names_survive_the_address(api: Api, scientist: User, registry: Registry, name: str) -> None:
    caller = api(scientist)
    assert caller.post("/registries/main/models", {"name": name}).json()["name"] == name
    path = f"/registries/main/models/{quote(name)}"
    assert caller.get(path).json()["name"] == name
    assert caller.put(f"{path}/tags/{quote('team/owner: a b')}", {"value": name}).status_code == 204
    assert caller.get(path).json()["tags"] == {"team/owner: a b": name}
    assert caller.get(f"{path}/versions").json() == {"results": [], "next_page_token": None}


def test_a_model_is_described_renamed_tagged_and_deleted(
    api: Api, scientist: User, maintainer: User, model: Any
) -> None:
    caller = api(maintainer)
    assert api(scientist).patch(MODEL, {"description": "Flowers"}).json()["description"] == "Flowers"
    refused(api(scientist).patch(MODEL, {"description": "Other", "name": "lily"}), 403)
    assert caller.get(MODEL).json()["description"] == "Flowers", "both or neither"
    renamed = caller.patch(MODEL, {"name": "lily", "description": "Lilies"}).json()
    assert (renamed["name"], renamed["description"]) == ("lily", "Lilies")
    refused(caller.get(MODEL), 404)
    lily = "/registries/main/models/lily"
    caller.put(f"{lily}/tags/task", {"value": "classification"})
    assert caller.get(lily).json()["tags"] == {"task": "classification"}
    assert caller.delete(f"{lily}/tags/task").status_code == 204
    assert caller.get(lily).json()["tags"] == {}
    kinds = [line["kind"] for line in caller.get(f"{lily}/activity").json()["results"]]
    assert kinds[-1] == "model.created"
    assert caller.delete(lily).status_code == 204
    refused(caller.get(lily), 404)


def test_models_are_found_by_registry_and_by_a_part_of_the_name(
    api: Api, scientist: User, administrator: User, registry: Registry
) -> None:
    for name in ("iris", "Iris two", "digits"):
        create_model(registry, name, actor=scientist)
    caller = api(scientist)
    assert [row["name"] for row in pages(caller, "/models", 1)] == ["Iris two", "digits", "iris"]
    assert {row["name"] for row in pages(caller, "/models", 1, search="IRI")} == {"iris", "Iris two"}
    assert len(pages(caller, "/models", 200, registry="main")) == 3
    refused(caller.get("/models", registry="elsewhere"), 404)
    assert caller.get("/models", search="%").json()["results"] == []


def test_a_list_costs_the_same_however_long_it_is(
    api: Api, scientist: User, registry: Registry, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = api(scientist)
    for number in range(12):
        model = create_model(registry, f"model-{number}", actor=scientist)
        set_model_tag(model, "number", str(number), actor=scientist)
    caller.get("/models")
    with django_assert_num_queries(3):  # token, models, tags
        assert len(caller.get("/models").json()["results"]) == 12


def test_a_stranger_finds_nothing(api: Api, stranger: User, version: object) -> None:
    caller = api(stranger)
    for path in ("", "/stages", "/policies", "/grants"):
        refused(caller.get(f"/registries/main{path}"), 404)
    for path in (
        "",
        "/activity",
        "/history",
        "/aliases",
        "/aliases/champion",
        "/grants",
        "/versions",
        "/versions/1",
        "/versions/1/files",
        "/versions/1/files/weights.txt",
        "/versions/1/scan",
        "/versions/1/blockers?stage=Staging",
    ):
        refused(caller.get(f"{MODEL}{path}"), 404)
    refused(caller.post("/registries/main/models", {"name": "x"}), 404)
    refused(caller.patch(MODEL, {"description": "x"}), 404)
    refused(caller.delete(MODEL), 404)
    refused(caller.put(f"{MODEL}/tags/a", {"value": "b"}), 404)
    refused(caller.delete(f"{MODEL}/tags/a"), 404)
    refused(caller.put(f"{MODEL}/grants/accounts/stranger", {"role": "maintainer"}), 404)
    refused(caller.delete(f"{MODEL}/versions/1"), 404)
    refused(caller.put(f"{MODEL}/versions/1/tags/a", {"value": "b"}), 404)
    refused(caller.post(f"{MODEL}/versions/1/moves", {"stage": "Staging"}), 404)
    refused(caller.post(f"{MODEL}/versions/1/scan"), 404)
    refused(caller.put(f"{MODEL}/aliases/best", {"version": 1}), 404)
    named = {"registry": "main", "name": "iris", "version": 1}
    refused(caller.post("/reviews", {"version": named, "stage": "Production"}), 404)
    assert caller.get("/registries").json()["results"] == []
    assert caller.get("/models").json()["results"] == []
    assert caller.get("/reviews").json()["results"] == []


def test_roles_are_given_and_taken_by_those_who_manage(
    api: Api, maintainer: User, stranger: User, administrator: User, model: RegisteredModel
) -> None:
    root, mary, ada = api(administrator), api(maintainer), api(model.owner)
    assert root.post("/teams", {"name": "Data science"}).status_code == 201
    assert root.put("/teams/Data%20science/members/stranger").status_code == 204
    members = root.get("/teams/Data%20science/members").json()["results"]
    assert [(member["username"], member["is_lead"]) for member in members] == [("stranger", False)]
    refused(ada.put(f"{MODEL}/grants/accounts/stranger", {"role": "reader"}), 403)
    refused(ada.get(f"{MODEL}/grants"), 403)
    refused(mary.put(f"{MODEL}/grants/accounts/nobody", {"role": "reader"}), 404)
    refused(mary.put(f"{MODEL}/grants/accounts/stranger", {"role": "king"}), 400)

    assert mary.put(f"{MODEL}/grants/teams/Data%20science", {"role": "reader"}).status_code == 204
    assert mary.put("/registries/main/grants/accounts/stranger", {"role": "metadata_reader"}).status_code == 204
    assert api(stranger).get(MODEL).status_code == 200
    assert mary.get(f"{MODEL}/grants").json()["results"] == [
        {"team": "Data science", "account": None, "role": "reader", "ends_at": None}
    ]
    assert {"team": None, "account": "stranger", "role": "metadata_reader", "ends_at": None} in mary.get(
        "/registries/main/grants"
    ).json()["results"]
    assert mary.delete(f"{MODEL}/grants/teams/Data%20science").status_code == 204
    refused(mary.delete(f"{MODEL}/grants/teams/Data%20science"), 404)
    assert mary.delete("/registries/main/grants/accounts/stranger").status_code == 204
    refused(api(stranger).get(MODEL), 404)


def test_people_are_made_by_administrators(api: Api, administrator: User, maintainer: User) -> None:
    root = api(administrator)
    person = {"username": "eve", "email": "eve@example.org", "password": "a long password 1"}
    made = root.post("/people", person)
    assert (made.status_code, made.json()["is_administrator"]) == (201, False)
    assert b"password" not in made.content
    assert root.post("/service-accounts", {"username": "bot", "owner": "eve"}).json()["owner"] == "eve"
    refused(root.post("/people", person), 409)
    for bad in ({**person, "username": "E V E"}, {**person, "email": "no"}, {**person, "password": "short"}):
        refused(root.post("/people", bad), 400)
    for path in ("/people", "/service-accounts", "/invitations", "/events"):
        assert root.get(path).status_code == 200
        refused(api(maintainer).get(path), 403)
    refused(api(maintainer).post("/people", person), 403)
    refused(api(maintainer).post("/teams", {"name": "x"}), 403)


def test_the_audit_log_tells_what_was_done_and_from_where(
    api: Api, administrator: User, model: RegisteredModel
) -> None:
    root = api(administrator)
    root.patch(MODEL, {"description": "Flowers"})
    line = root.get("/events", registry="main").json()["results"][0]
    assert (line["kind"], line["actor"], line["subject"]) == ("model.changed", "root", "iris")
    assert line["token_prefix"].startswith("gate_")
    assert len(line["request_id"]) == 16
