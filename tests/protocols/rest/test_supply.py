"""What versions require and what is vulnerable in it, over the native API."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role, Scope
from registry.models import ModelVersion
from registry.operations.placements import move_alias
from tests.conftest import Member
from tests.factories.advisories import NOW, bring_in, osv, require
from tests.protocols.rest.conftest import Api, refused

VERSION = "/registries/main/models/iris/versions/1"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"


@pytest.fixture
def vulnerable(version: ModelVersion, tmp_path: Path, scientist: User) -> ModelVersion:
    """Live, and requires numpy 1.0, about which there is an advisory."""
    require(version, "numpy==1.0", "pandas>=2", "conda:python==3.11")
    move_alias(version, "blue", actor=scientist)
    bring_in(tmp_path, osv("GHSA-1", fixed="1.5", vector=HIGH, aliases=["CVE-1"]), osv("GHSA-2", fixed="1.7"))
    return version


def test_dependencies_are_listed_by_page(vulnerable: ModelVersion, api: Api, scientist: User) -> None:
    caller = api(scientist)
    first = caller.get(f"{VERSION}/dependencies", page_size=2).json()
    path = "requirements.txt"
    assert first["results"] == [
        {"path": path, "ecosystem": "pypi", "name": "numpy", "specifier": "==1.0", "version": "1.0"},
        {"path": path, "ecosystem": "pypi", "name": "pandas", "specifier": ">=2", "version": None},
    ]
    rest = caller.get(f"{VERSION}/dependencies", page_size=2, page_token=first["next_page_token"]).json()
    assert [(row["ecosystem"], row["name"], row["version"]) for row in rest["results"]] == [("conda", "python", None)]
    assert rest["next_page_token"] is None


def test_vulnerabilities_say_what_mends_them_and_whether_they_are_waived(
    vulnerable: ModelVersion, api: Api, scientist: User, reviewer: User
) -> None:
    found = api(scientist).get(f"{VERSION}/vulnerabilities").json()["results"]
    first = {**found[0], "opened_at": ""}
    assert first == {
        "advisory": "GHSA-1",
        "aliases": ["CVE-1"],
        "package": "numpy",
        "version": "1.0",
        "severity": "high",
        "score": 7.5,
        "summary": "Something about numpy",
        "fixed_in": ["1.5"],
        "opened_at": "",
        "key": "GHSA-1 numpy 1.0",
        "waived": False,
    }
    until = (timezone.now() + timedelta(days=30)).isoformat()
    said = {"keys": ["GHSA-1 numpy 1.0"], "reason": "Never called.", "ends_at": until}
    made = api(reviewer).post(f"{VERSION}/vulnerabilities/waivers", said)
    assert made.status_code == 201, made.content
    assert (made.json()["granted_by"], made.json()["keys"]) == ("grace", ["GHSA-1 numpy 1.0"])
    found = api(scientist).get(f"{VERSION}/vulnerabilities").json()["results"]
    assert [row["waived"] for row in found] == [True, False]
    audit = api(scientist).get(f"{VERSION}/audit").json()
    assert (audit["state"], audit["why"], audit["covered"], audit["uncovered"]) == ("audited", "", 1, 2)
    assert audit["unwaived"] == {"unknown": 1, "low": 0, "medium": 0, "high": 0, "critical": 0, "malicious": 0}
    assert audit["waived"] == 1 and audit["database"]["record_count"] == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "keys"),
        ({"keys": "GHSA-1 numpy 1.0"}, "keys"),
        ({"keys": ["x"] * 1_001}, "keys"),
        ({"keys": ["x" * 600]}, "keys"),
        ({"keys": ["x\0"]}, "keys"),
        ({"keys": ["GHSA-9 numpy 1.0"]}, "keys"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 1_000_000}, "reason"),
        ({"ends_at": "soon"}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"ends_at": "2199-01-01T00:00:00Z"}, "ends_at"),
        ({"for_ever": True}, "for_ever"),
    ],
)
def test_a_bad_wish_names_its_field(
    vulnerable: ModelVersion, api: Api, reviewer: User, said: dict[str, Any], field: str
) -> None:
    until = (timezone.now() + timedelta(days=30)).isoformat()
    good = {"keys": ["GHSA-1 numpy 1.0"], "reason": "x", "ends_at": until} if said else {}
    problem = refused(api(reviewer).post(f"{VERSION}/vulnerabilities/waivers", {**good, **said}), 400)
    assert field in [error["field"].partition(".")[0] for error in problem["errors"]]


def test_who_may_not_is_refused(
    vulnerable: ModelVersion, api: Api, scientist: User, stranger: User, reviewer: User
) -> None:
    said = {"keys": ["x"], "reason": "x", "ends_at": timezone.now().isoformat()}
    refused(api(scientist).post(f"{VERSION}/vulnerabilities/waivers", said), 403)
    refused(api(reviewer, Scope.READ).post(f"{VERSION}/vulnerabilities/waivers", said), 403)
    for path in (f"{VERSION}/dependencies", f"{VERSION}/audit", f"{VERSION}/vulnerabilities"):
        refused(api(stranger).get(path), 404)
        refused(api().get(path), 401)
    refused(api(stranger).get("/registries/main/vulnerabilities"), 404)


def test_vulnerable_versions_of_a_registry(
    vulnerable: ModelVersion, api: Api, member: Member, token_of: Callable[..., str]
) -> None:
    caller = api(member(Role.METADATA_READER, vulnerable.model.registry))
    rows = caller.get("/registries/main/vulnerabilities").json()["results"]
    counts = {"unknown": 1, "low": 0, "medium": 0, "high": 1, "critical": 0, "malicious": 0}
    row = {"name": "iris", "version": 1, "is_live": True, "worst": "high", "unwaived": counts, "waived": 0}
    assert rows == [{**row, "packages": ["numpy"]}]
    for query, count in (
        ({"severity": "high"}, 1),
        ({"severity": "critical"}, 0),
        ({"package": "numpy"}, 1),
        ({"package": "scipy", "show": "all"}, 0),
        ({"show": "all", "page_size": "1"}, 1),
    ):
        assert len(caller.get("/registries/main/vulnerabilities", **query).json()["results"]) == count, query
    for query in ({"severity": "bad"}, {"show": "some"}, {"package": "x" * 300}, {"advisory__document": "x"}):
        refused(caller.get("/registries/main/vulnerabilities", **query), 400)


def test_the_state_of_the_advisories_and_one_of_them(
    version: ModelVersion, api: Api, stranger: User, tmp_path: Path
) -> None:
    caller = api(stranger)
    assert caller.get("/advisories").json() == {"state": "missing", "current": None, "imports": []}
    bring_in(tmp_path, osv("GHSA-1", fixed="1.5", vector=HIGH, modified=NOW - timedelta(days=20)))
    told = caller.get("/advisories").json()
    assert told["state"] == "stale" and told["current"]["record_count"] == 1 and len(told["imports"]) == 1
    bring_in(tmp_path, osv("GHSA-1", fixed="1.5", vector=HIGH))
    assert caller.get("/advisories").json()["state"] == "fresh"
    one = caller.get("/advisories/GHSA-1").json()
    assert (one["severity"], one["score"], one["document"]["id"]) == ("high", 7.5, "GHSA-1")
    assert one["affected"][0]["package"] == "numpy"
    refused(caller.get("/advisories/GHSA-2"), 404)
    refused(caller.get("/advisories/..%2fx"), 404)


def test_no_request_makes_the_web_process_fetch_anything(
    version: ModelVersion, api: Api, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object, **__: object) -> None:
        raise AssertionError("The web process fetched advisories.")

    monkeypatch.setattr("supply.operations.advisories.fetch_newer", fetch)
    monkeypatch.setattr("supply.operations.advisories.import_advisories", fetch)
    caller = api(administrator)
    for path in ("/advisories", f"{VERSION}/audit", "/registries/main/vulnerabilities"):
        assert caller.get(path).status_code == 200
        refused(caller.post(path, {}), 405)
    browser = Client()
    browser.force_login(administrator)
    for path in ("/advisories", "/admin/supply/advisoryimport/", "/admin/supply/package/"):
        assert browser.get(path).status_code == 200
    browser.post("/admin/supply/package/", {"action": "match_again", "_selected_action": ["1"]})
