"""Versions: registering, reading, downloading, moving."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.models import create_model
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import Origin, create_version, set_version_tag
from scanning.models import Finding, Scan, Verdict
from tests.conftest import Member
from tests.factories.registry import register_files, run_with_files
from tests.factories.tracking import new_run
from tests.protocols.rest.conftest import Api, refused

MODEL = "/registries/main/models/iris"
ONE = f"{MODEL}/versions/1"
Judge = Callable[..., Scan]


def test_a_version_is_registered_from_a_run(api: Api, scientist: User, model: RegisteredModel) -> None:
    run = run_with_files(model, {"model/MLmodel": b"a", "model/data/w.txt": b"bc", "else.txt": b"d"}, actor=scientist)
    body = {"run_id": run.run_id, "path": "model", "description": "First", "tags": {"a": "b"}}
    made = api(scientist).post(f"{MODEL}/versions", body)
    assert made.status_code == 201, made.content
    version = made.json()
    assert (version["version"], version["size"], version["file_count"]) == (1, 3, 2)
    assert (version["stage"], version["aliases"], version["verdict"]) == ("None", [], "queued")
    assert version["lineage"]["run_id"] == run.run_id
    assert version["tags"] == {"a": "b"}
    assert api(scientist).get(ONE).json() == version
    files = api(scientist).get(f"{ONE}/files").json()["results"]
    assert [(file["path"], file["size"]) for file in files] == [("MLmodel", 1), ("data/w.txt", 2)]


def test_a_copy_has_the_same_files(api: Api, scientist: User, version: ModelVersion) -> None:
    caller = api(scientist)
    caller.post("/registries/main/models", {"name": "copy"})
    copied = caller.post(
        "/registries/main/models/copy/versions", {"copy_of": {"registry": "main", "name": "iris", "version": 1}}
    ).json()
    assert copied["digest"] == caller.get(ONE).json()["digest"]
    assert copied["lineage"]["copied_from"] == {"registry": "main", "name": "iris", "version": 1}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"run_id": "0" * 32}, 404),
        ({"logged_model_id": "m-" + "0" * 32}, 404),
        ({"copy_of": {"registry": "main", "name": "iris", "version": 7}}, 404),
        ({"copy_of": {"registry": "main", "name": "iris", "version": "x"}}, 400),
        ({"copy_of": {"registry": "main", "name": "iris"}}, 400),
        ({"run_id": "0" * 32, "logged_model_id": "m-" + "0" * 32}, 400),
        ({"logged_model_id": "m-" + "0" * 32, "path": "model"}, 400),
        ({"run_id": 5}, 404),
        ({"run_id": []}, 400),
        ({"source": "file:///etc"}, 400),
    ],
)
def test_a_version_comes_from_one_thing_that_is_there(
    api: Api, scientist: User, model: RegisteredModel, body: object, status: int
) -> None:
    refused(api(scientist).post(f"{MODEL}/versions", body), status)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    "path", ["../x", "/etc", "a/../../x", "a//b", "..%2f", "%2e%2e/x", "a\\..\\b", "C:x", "no-such"]
)
def test_a_path_stays_inside_the_run(api: Api, scientist: User, model: RegisteredModel, path: str) -> None:
    run = run_with_files(model, {"model/MLmodel": b"a"}, actor=scientist)
    refused(api(scientist).post(f"{MODEL}/versions", {"run_id": run.run_id, "path": path}), 400)
    assert not ModelVersion.objects.exists()


def test_a_run_of_others_is_not_there(
    api: Api, member: Member, administrator: User, model: RegisteredModel, scientist: User
) -> None:
    hidden = create_registry("hidden", actor=administrator)
    run = new_run(hidden, actor=administrator)
    refused(api(scientist).post(f"{MODEL}/versions", {"run_id": run.run_id}), 404)


def test_lineage_shows_only_what_the_reader_sees(
    api: Api, administrator: User, member: Member, model: RegisteredModel
) -> None:
    hidden = create_registry("hidden", actor=administrator)
    secret = register_files(create_model(hidden, "secret", actor=administrator), {"w": b"1"}, actor=administrator)
    create_version(model, Origin(copied_from=secret), actor=administrator)
    reader = member(Role.READER, model.registry)
    nothing: dict[str, object] = {
        "run_id": None,
        "run_name": None,
        "logged_model_id": None,
        "copied_from": None,
        "datasets": [],
    }
    assert api(reader).get(ONE).json()["lineage"] == nothing
    assert api(administrator).get(ONE).json()["lineage"]["copied_from"]["name"] == "secret"


def test_a_version_is_described_tagged_and_deleted(
    api: Api, scientist: User, maintainer: User, version: ModelVersion
) -> None:
    caller = api(scientist)
    assert caller.patch(ONE, {"description": "Good"}).json()["description"] == "Good"
    assert caller.put(f"{ONE}/tags/a%20b", {"value": ""}).status_code == 204
    assert caller.get(ONE).json()["tags"] == {"a b": ""}
    assert caller.delete(f"{ONE}/tags/a%20b").status_code == 204
    refused(caller.delete(ONE), 403)
    assert api(maintainer).delete(ONE).status_code == 204
    refused(caller.get(ONE), 404)
    for number in ("2", "0", "99999999999999999999999", "-1", "one"):
        refused(caller.get(f"{MODEL}/versions/{number}"), 404)


def test_a_file_is_downloaded_as_bytes_that_nothing_runs(
    api: Api, member: Member, scientist: User, model: RegisteredModel
) -> None:
    content = b"<script>alert(1)</script>" * 1000
    register_files(model, {'data/a "b" ü.html': content}, actor=scientist)
    caller = api(member(Role.READER, model))
    address = f"{ONE}/files/data/a%20%22b%22%20%C3%BC.html"
    response = caller.get(address)
    assert response.getvalue() == content
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Length"] == str(len(content))
    assert "sandbox" in response.headers["Content-Security-Policy"]
    disposition = response.headers["Content-Disposition"]
    assert disposition == """attachment; filename="a _b_ _.html"; filename*=UTF-8''a%20%22b%22%20%C3%BC.html"""
    again = caller.client.get(f"/api/v1{address}", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for missing in ("nothing", "data", "%00"):
        refused(caller.get(f"{ONE}/files/{missing}"), 404)
    for bad in ("../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "data/../data/x", "%2fetc/passwd", "..%255c..%255cx"):
        refused(caller.get(f"{ONE}/files/{bad}"), 400)


def test_files_are_for_those_who_may_download(api: Api, member: Member, version: ModelVersion) -> None:
    caller = api(member(Role.METADATA_READER, version.model))
    assert caller.get(ONE).status_code == 200
    refused(caller.get(f"{ONE}/files/weights.txt"), 403)


def test_unsafe_files_are_for_maintainers_only(
    api: Api, scientist: User, maintainer: User, version: ModelVersion, judge: Judge
) -> None:
    judge(version, Verdict.UNSAFE)
    refused(api(scientist).get(f"{ONE}/files/weights.txt"), 403)
    assert api(maintainer).get(f"{ONE}/files/weights.txt").getvalue() == b"1 2 3"


def test_a_scan_is_shown_with_its_findings(api: Api, scientist: User, version: ModelVersion, judge: Judge) -> None:
    scan = judge(version, Verdict.NEEDS_REVIEW)
    Finding.objects.create(scan=scan, path="weights.txt", scanner="text", severity="low", rule="r", message="Look!")
    shown = api(scientist).get(f"{ONE}/scan").json()
    assert (shown["verdict"], shown["findings"][0]["message"]) == ("needs-review", "Look!")
    again = api(scientist).post(f"{ONE}/scan")
    assert (again.status_code, again.json()["verdict"]) == (202, "needs-review")


def test_an_unapproved_version_does_not_get_into_production(
    api: Api, maintainer: User, administrator: User, version: ModelVersion, judge: Judge
) -> None:
    judge(version)
    for caller in (api(version.uploader), api(maintainer), api(administrator)):
        problem = refused(caller.post(f"{ONE}/moves", {"stage": "Production"}), 409)
        assert problem["type"] == "urn:gatehouse:problem:gate-refused"
        assert problem["reasons"] == ["Production is governed by a policy: ask for a review of version 1 first."]
        assert caller.get(f"{ONE}/blockers", stage="production").json() == {"reasons": problem["reasons"]}
        refused(caller.put(f"{MODEL}/aliases/champion", {"version": 1}), 409)
        refused(caller.post(f"{ONE}/moves", {"alias": "champion"}), 409)
    assert api(maintainer).get(ONE).json()["stage"] == "None"


def test_an_unsafe_version_goes_nowhere(api: Api, maintainer: User, version: ModelVersion, judge: Judge) -> None:
    judge(version, Verdict.UNSAFE)
    caller = api(maintainer)
    assert len(refused(caller.post(f"{ONE}/moves", {"stage": "Production"}), 409)["reasons"]) == 2
    for body in ({"stage": "Staging"}, {"alias": "best"}):
        refused(caller.post(f"{ONE}/moves", body), 409)
        assert caller.get(f"{ONE}/blockers", **body).json()["reasons"]


def test_an_alias_is_rolled_back(api: Api, scientist: User, version: ModelVersion) -> None:
    second = register_files(version.model, {"weights.txt": b"4"}, actor=scientist)
    for one in (version, second):
        move_alias(one, "blue", actor=scientist)
    caller, said = api(scientist), {"alias": "blue", "reason": "It is slow."}
    back = caller.post(f"{MODEL}/rollback", said).json()
    assert (back["version"], back["aliases"]) == (1, ["blue"])
    history = caller.get(f"{MODEL}/history").json()["results"]
    assert (history[0]["version"], history[0]["reason"]) == (1, "It is slow.")
    refused(caller.post(f"{MODEL}/rollback", said), 409)
    refused(caller.post(f"{MODEL}/rollback", {"alias": "blue"}), 400)
    refused(caller.post(f"{MODEL}/rollback", {"stage": "Moon", "reason": "x"}), 400)
    assert caller.get(f"{MODEL}/aliases/blue").json()["version"] == 1


def test_a_free_move_is_made_and_remembered(
    api: Api, scientist: User, member: Member, version: ModelVersion, registry: Registry
) -> None:
    caller = api(scientist)
    before = timezone.now().isoformat()
    moved = caller.post(f"{ONE}/moves", {"stage": "staging", "reason": "Try it"})
    assert (moved.status_code, moved.json()["stage"]) == (200, "Staging")
    assert caller.put(f"{MODEL}/aliases/best", {"version": 1}).json()["aliases"] == ["best"]
    assert caller.get(f"{MODEL}/aliases/best").json()["version"] == 1
    assert caller.get(f"{MODEL}/aliases").json()["results"][0]["alias"] == "best"
    assert caller.delete(f"{MODEL}/aliases/best").status_code == 204
    refused(caller.get(f"{MODEL}/aliases/best"), 404)
    past = caller.get(f"{MODEL}/history").json()["results"]
    assert [(line["stage"], line["alias"], line["closed_by"]) for line in past] == [
        (None, "best", "ada"),
        ("Staging", None, None),
    ]
    assert past[1]["reason"] == "Try it"
    assert caller.get(f"{MODEL}/history", at=before).json()["results"] == []
    assert len(caller.get(f"{MODEL}/history", at=timezone.now().isoformat()).json()["results"]) == 1
    refused(caller.get(f"{MODEL}/history", at="yesterday"), 400)
    refused(api(member(Role.READER, registry)).post(f"{ONE}/moves", {"stage": "Archived"}), 403)


@pytest.mark.parametrize(
    "body",
    [{}, {"stage": "Moon"}, {"stage": "Staging", "alias": "a"}, {"alias": "v1"}, {"alias": "a b"}, {"stage": None}],
)
def test_a_move_names_one_place_that_is_there(api: Api, scientist: User, version: ModelVersion, body: Any) -> None:
    refused(api(scientist).post(f"{ONE}/moves", body), 400)
    if None not in body.values():
        refused(api(scientist).get(f"{ONE}/blockers", **body), 400)


def test_a_list_of_versions_costs_the_same_however_long_it_is(
    api: Api,
    scientist: User,
    model: RegisteredModel,
    stage: Callable[[str], Stage],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(1, 9):
        made = register_files(model, {"w": str(number).encode()}, actor=scientist)
        move_stage(made, stage("Staging"), actor=scientist)
        move_alias(made, f"alias-{number}", actor=scientist)
        set_version_tag(made, "a", "b", actor=scientist)
    caller = api(scientist)
    caller.get(f"{MODEL}/versions")
    with django_assert_num_queries(5):  # token, model, versions with verdicts, tags, placements
        rows = caller.get(f"{MODEL}/versions").json()["results"]
    assert [row["version"] for row in rows] == list(range(8, 0, -1))
    assert {row["stage"] for row in rows} == {"Staging"}
    assert rows[0]["aliases"] == ["alias-8"]
    assert rows[0]["verdict"] == "queued"
