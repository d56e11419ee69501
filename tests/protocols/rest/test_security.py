"""Verdicts, waivers, allowed names and quarantines over the native API."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Registry, User
from accounts.rights import Role, Scope
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model
from registry.operations.placements import move_alias
from scanning.models import Scan, Waiver
from scanning.operations.rescans import begin_rescan
from scanning.operations.waivers import waive_findings
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.scanning import CODE, OLS, SYSTEM, found
from tests.protocols.rest.conftest import Api, refused

VERSION = "/registries/main/models/iris/versions/1"


def test_a_scan_tells_what_it_comes_to(api: Api, version: ModelVersion, reviewer: User) -> None:
    code, _, _ = found(version, CODE, OLS, ("note", "requirements.unpinned", ""))
    waive_findings(version, [code], reason="I read it.", actor=reviewer)
    scan = api(reviewer).get(f"{VERSION}/scan").json()
    assert (scan["verdict"], scan["effective_verdict"], scan["accepted"]) == ("needs-review", "needs-review", False)
    assert (scan["passes"], scan["is_current"]) == (False, True)
    marks = {finding["rule"]: finding["accepted"] for finding in scan["findings"]}
    assert marks == {"text.code": True, "pickle.unknown-global": False, "requirements.unpinned": False}
    assert {finding["key"] for finding in scan["findings"]} >= {code}


def test_findings_are_listed_by_page_and_filtered(api: Api, version: ModelVersion, scientist: User) -> None:
    found(version, CODE, OLS, SYSTEM)
    look = api(scientist)
    first = look.get(f"{VERSION}/scan/findings", page_size=2).json()
    rest = look.get(f"{VERSION}/scan/findings", page_size=2, page_token=first["next_page_token"]).json()
    assert [row["rule"] for row in first["results"] + rest["results"]] == [CODE[1], OLS[1], SYSTEM[1]]
    for query, rules in (
        ({"severity": "unsafe"}, [SYSTEM[1]]),
        ({"rule": OLS[1]}, [OLS[1]]),
        ({"path_prefix": "weights"}, [CODE[1], OLS[1], SYSTEM[1]]),
        ({"path_prefix": "other"}, []),
    ):
        assert [row["rule"] for row in look.get(f"{VERSION}/scan/findings", **query).json()["results"]] == rules
    refused(look.get(f"{VERSION}/scan/findings", severity="bad"), 400)


def test_findings_are_accepted_and_that_is_withdrawn(
    api: Api, version: ModelVersion, reviewer: User, scientist: User, stranger: User
) -> None:
    (key,) = found(version, CODE)
    body = {"keys": [key], "reason": "I read it.", "ends_at": (timezone.now() + timedelta(days=3)).isoformat()}
    refused(api(scientist).post(f"{VERSION}/waivers", body), 403)
    refused(api(stranger).post(f"{VERSION}/waivers", body), 404)
    refused(api(reviewer, Scope.READ, Scope.WRITE).post(f"{VERSION}/waivers", body), 403)
    made = api(reviewer).post(f"{VERSION}/waivers", body)
    assert made.status_code == 201, made.content
    assert (made.json()["granted_by"], made.json()["is_in_force"], made.json()["heaviest"]) == (
        "grace",
        True,
        "needs-review",
    )
    refused(api(reviewer).post(f"{VERSION}/waivers", body), 409)
    listed = api(scientist).get("/registries/main/waivers", in_force=True).json()["results"]
    assert listed == api(scientist).get(f"{VERSION}/waivers").json()["results"] == [made.json()]
    path = f"/registries/main/waivers/{made.json()['id']}"
    refused(api(scientist).delete(path), 403)
    refused(api(stranger).get(path), 404)
    assert api(reviewer).delete(path).json()["withdrawn_by"] == "grace"
    refused(api(reviewer).delete(path), 409)
    assert api(scientist).get("/registries/main/waivers", in_force=True).json()["results"] == []
    assert len(api(scientist).get("/registries/main/waivers").json()["results"]) == 1


def test_a_reviewer_of_the_model_alone_withdraws_by_the_version(
    api: Api, version: ModelVersion, reviewer: User, member: Member, scientist: User
) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="x", actor=reviewer)
    near = api(member(Role.REVIEWER, version.model))
    refused(near.delete(f"/registries/main/waivers/{waiver.pk}"), 404)
    other = register_files(version.model, {"b.txt": b"2"}, actor=scientist)
    refused(near.delete(f"/registries/main/models/iris/versions/{other.number}/waivers/{waiver.pk}"), 404)
    assert near.delete(f"{VERSION}/waivers/{waiver.pk}").status_code == 200


def test_what_cannot_be_accepted_is_refused_by_the_name_of_the_field(
    api: Api, version: ModelVersion, reviewer: User
) -> None:
    (key,) = found(version, CODE)
    post = api(reviewer).post
    for body, field in (
        ({"keys": [], "reason": "x"}, "keys"),
        ({"keys": ["f" * 64], "reason": "x"}, "keys"),
        ({"keys": [key], "reason": " "}, "reason"),
        ({"keys": [key], "reason": "x", "ends_at": "2001-01-01T00:00:00Z"}, "ends_at"),
        ({"keys": [key], "reason": "x", "end": None}, "end"),
    ):
        assert [error["field"] for error in refused(post(f"{VERSION}/waivers", body), 400)["errors"]] == [field]
    assert not Waiver.objects.exists()


def test_names_are_allowed_listed_and_taken_off(api: Api, registry: Registry, maintainer: User, reviewer: User) -> None:
    body = {"module": "statsmodels.api", "name": "OLS", "reason": "Time series."}
    refused(api(reviewer).post("/registries/main/allowed-names", body), 403)
    made = api(maintainer).post("/registries/main/allowed-names", body)
    assert (made.status_code, made.json()["added_by"]) == (201, "mary")
    refused(api(maintainer).post("/registries/main/allowed-names", body), 409)
    refused(api(maintainer).post("/registries/main/allowed-names", {**body, "module": "os"}), 400)
    assert api(reviewer).get("/registries/main/allowed-names").json()["results"] == [made.json()]
    path = "/registries/main/allowed-names/statsmodels.api/OLS"
    refused(api(reviewer).delete(path), 403)
    assert api(maintainer).delete(path).status_code == 204
    refused(api(maintainer).delete(path), 404)


def test_an_administrator_keeps_files_from_readers(
    api: Api, version: ModelVersion, administrator: User, maintainer: User, reviewer: User
) -> None:
    found(version)
    refused(api(maintainer).put(f"{VERSION}/quarantine", {"reason": "x"}), 403)
    made = api(administrator).put(f"{VERSION}/quarantine", {"reason": "Stolen."})
    assert (made.status_code, made.json()["reason"]) == (200, "Stolen.")
    assert api(reviewer).get(f"{VERSION}/scan").json()["effective_verdict"] == "unsafe"
    assert api(reviewer).get(f"{VERSION}/quarantine").json()["results"] == [made.json()]
    refused(api(reviewer).get(f"{VERSION}/files/weights.txt"), 403)
    assert api(administrator).delete(f"{VERSION}/quarantine").status_code == 204
    refused(api(administrator).delete(f"{VERSION}/quarantine"), 404)
    assert b"".join(api(reviewer).get(f"{VERSION}/files/weights.txt").streaming_content) == b"1 2 3"


def test_the_posture_of_a_registry_counts_what_verdicts_come_to(
    api: Api, registry: Registry, scientist: User, reviewer: User, maintainer: User, stranger: User
) -> None:
    model = create_model(registry, "many", actor=scientist)
    made = [register_files(model, {"weights.txt": str(number).encode()}, actor=scientist) for number in range(5)]
    found(made[0])
    waive_findings(
        made[1],
        found(made[1], CODE),
        reason="x",
        ends_at=timezone.now() + timedelta(days=3),
        actor=reviewer,
    )
    found(made[2], CODE)
    found(made[3], SYSTEM)
    for number, alias in ((0, "good"), (1, "accepted"), (4, "unknown")):
        move_alias(made[number], alias, actor=maintainer)
    posture = api(reviewer).get("/registries/main/security").json()
    counts = {line["kind"]: (line["live"], line["all"]) for line in posture["counts"]}
    assert counts == {
        "clean": (1, 1),
        "accepted": (1, 1),
        "needs-review": (0, 1),
        "unsafe": (0, 1),
        "failed": (0, 0),
        "waiting": (1, 1),
        "not-scanned": (0, 0),
        "kept-elsewhere": (0, 0),
    }
    assert [row["version"] for row in posture["live_not_clean"]] == [5]
    assert (posture["counted"], posture["stale"], posture["is_partial"]) == (5, 0, False)
    assert [waiver["granted_by"] for waiver in posture["waivers_ending_soon"]] == ["grace"]
    Scan.objects.update(engine="before")
    assert api(reviewer).get("/registries/main/security").json()["stale"] == 5
    refused(api(stranger).get("/registries/main/security"), 404)


def test_the_posture_counts_only_what_one_sees(
    api: Api, version: ModelVersion, member: Member, registry: Registry
) -> None:
    found(version)
    reader = api(member(Role.READER, registry))
    assert reader.get("/registries/main/security").json()["counted"] == 1
    RegisteredModel.objects.update(restricted=True)
    assert reader.get("/registries/main/security").json()["counted"] == 0


def test_the_posture_of_many_versions_takes_no_more_questions(
    api: Api, registry: Registry, scientist: User, reviewer: User
) -> None:
    model = create_model(registry, "many", actor=scientist)
    look, counts = api(reviewer), []
    look.get("/me")
    for number in range(9):
        found(register_files(model, {"weights.txt": str(number).encode()}, actor=scientist), CODE)
        if number in (1, 8):
            with CaptureQueriesContext(connection) as asked:
                assert look.get("/registries/main/security").status_code == 200
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_scanning_tells_of_engine_queue_and_release(
    api: Api, version: ModelVersion, stranger: User, scientist: User, system: User
) -> None:
    begin_rescan(actor=system)
    scanning = api(stranger).get("/scanning").json()
    assert scanning["queue"]["waiting"] == 1
    assert scanning["queue"]["oldest_waiting"] is not None
    assert scanning["engine"].endswith(f"list {scanning['allow_list']}")
    assert scanning["release"]["changes"] == []
    found(version, SYSTEM)
    Scan.objects.update(previous_verdict="clean")
    told = api(scientist).get("/scanning").json()["release"]["changes"]
    assert told == [{"before": "clean", "after": "unsafe", "count": 1}]
    (change,) = api(scientist).get("/scanning/changes").json()["results"]
    assert (change["name"], change["version"], change["before"], change["after"]) == ("iris", 1, "clean", "unsafe")
    assert api(stranger).get("/scanning").json()["release"]["changes"] == []
    assert api(stranger).get("/scanning/changes").json()["results"] == []


def test_the_allow_list_is_searched_by_page(api: Api, stranger: User) -> None:
    look = api(stranger)
    first = look.get("/scanning/allow-list", q="LogisticRegression", page_size=1).json()
    assert first["results"][0]["name"] == "LogisticRegression"
    everything: list[str] = []
    token = ""
    while True:
        page = look.get("/scanning/allow-list", q="numpy", page_size=20, page_token=token).json()
        everything += [f"{row['module']}.{row['name']}" for row in page["results"]]
        token = page["next_page_token"]
        if not token:
            break
    assert everything == sorted(set(everything)) and len(everything) > 20
    assert look.get("/scanning/allow-list", q="no such name").json()["results"] == []
    refused(look.get("/scanning/allow-list", page_token="x"), 400)
