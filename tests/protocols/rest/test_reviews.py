"""The way into production: ask, look, approve."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from registry.models import ModelVersion
from scanning.models import Scan
from tests.protocols.rest.conftest import Api, refused

VERSION = {"registry": "main", "name": "iris", "version": 1}
ONE = "/registries/main/models/iris/versions/1"


@pytest.fixture
def asked(api: Api, scientist: User, version: ModelVersion, judge: Callable[..., Scan]) -> dict[str, Any]:
    """The review of a version with a clean scan, asked for by its uploader."""
    judge(version)
    response = api(scientist).post("/reviews", {"version": VERSION, "stage": "Production", "reason": "It is better"})
    assert response.status_code == 201, response.content
    review: dict[str, Any] = response.json()
    return review


def test_an_approved_version_gets_into_production(
    api: Api, scientist: User, reviewer: User, asked: dict[str, Any]
) -> None:
    caller = api(reviewer)
    assert [row["id"] for row in caller.get("/reviews", waiting="me").json()["results"]] == [asked["id"]]
    assert api(scientist).get("/reviews", waiting="me").json()["results"] == []
    seen = caller.get(f"/reviews/{asked['id']}").json()
    assert [(check["name"], check["holds"]) for check in seen["checks"]] == [("scan", True), ("approvals", False)]
    assert (seen["stage"], seen["alias"], seen["state"]) == ("Production", None, "open")
    assert seen["comparison"]["files"][0]["name"] == "weights.txt"
    decision = {"verdict": "approve", "comment": "Good", "seen_digest": seen["subject_digest"]}
    decided = caller.post(f"/reviews/{asked['id']}/decisions", decision)
    assert (decided.status_code, decided.json()["state"]) == (201, "applied")
    assert decided.json()["decisions"][0]["comment"] == "Good"
    assert caller.get(ONE).json()["stage"] == "Production"
    assert caller.get("/reviews", state="applied").json()["results"][0]["id"] == asked["id"]
    refused(caller.post(f"/reviews/{asked['id']}/decisions", decision), 409)


def test_who_uploaded_it_cannot_approve(api: Api, scientist: User, asked: dict[str, Any]) -> None:
    refused(api(scientist).post(f"/reviews/{asked['id']}/decisions", {"verdict": "approve"}), 403)


def test_an_administrator_who_uploaded_it_cannot_approve_either(
    api: Api, scientist: User, asked: dict[str, Any]
) -> None:
    scientist.is_superuser = True
    scientist.save(update_fields=["is_superuser"])
    problem = refused(api(scientist).post(f"/reviews/{asked['id']}/decisions", {"verdict": "approve"}), 403)
    assert "someone else must approve it" in problem["detail"]


def test_an_approval_of_an_older_state_comes_too_late(
    api: Api, scientist: User, reviewer: User, asked: dict[str, Any]
) -> None:
    api(scientist).patch(ONE, {"description": "Something else"})
    decision = {"verdict": "approve", "seen_digest": asked["subject_digest"]}
    refused(api(reviewer).post(f"/reviews/{asked['id']}/decisions", decision), 409)
    assert api(reviewer).get(ONE).json()["stage"] == "None"


def test_decisions_that_cannot_be(api: Api, reviewer: User, asked: dict[str, Any]) -> None:
    for bad in ({}, {"verdict": "maybe"}, {"verdict": "comment"}, {"verdict": "approve", "force": True}):
        refused(api(reviewer).post(f"/reviews/{asked['id']}/decisions", bad), 400)


def test_a_request_is_taken_back_by_who_made_it(
    api: Api, scientist: User, reviewer: User, asked: dict[str, Any]
) -> None:
    refused(api(reviewer).post(f"/reviews/{asked['id']}/withdraw"), 403)
    assert api(scientist).post(f"/reviews/{asked['id']}/withdraw", {"reason": "Not yet"}).json()["state"] == "withdrawn"
    refused(api(scientist).post(f"/reviews/{asked['id']}/withdraw"), 409)


def test_one_review_of_a_version_at_a_time(api: Api, scientist: User, asked: dict[str, Any]) -> None:
    refused(api(scientist).post("/reviews", {"version": VERSION, "alias": "champion"}), 409)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": VERSION},
        {"version": VERSION, "stage": "Moon"},
        {"version": VERSION, "stage": "Staging"},
        {"version": VERSION, "alias": "a b"},
        {"version": "iris/1", "stage": "Production"},
    ],
)
def test_requests_that_cannot_be(api: Api, scientist: User, version: ModelVersion, body: object) -> None:
    refused(api(scientist).post("/reviews", body), 400)


def test_a_stranger_finds_no_review(api: Api, stranger: User, asked: dict[str, Any]) -> None:
    caller = api(stranger)
    refused(caller.get(f"/reviews/{asked['id']}"), 404)
    refused(caller.post(f"/reviews/{asked['id']}/decisions", {"verdict": "approve"}), 404)
    refused(caller.post(f"/reviews/{asked['id']}/withdraw"), 404)
    for bad in ({"state": "lost"}, {"waiting": "you"}, {"version__model__name": "iris"}):
        refused(caller.get("/reviews", **bad), 400)
