"""Bills of materials, licences and what policies ask, over the native API."""

import base64
import hashlib
from typing import Any

import orjson
import pytest
from django.test import Client

from accounts.models import Registry, User
from accounts.rights import Scope
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import set_version_tag
from supply.bills.queries import bill_of
from tests.protocols.rest.conftest import Api, refused
from tests.supply.bills.building import faults, full_version
from tests.supply.bills.test_completeness import FULL

VERSION = "/registries/main/models/iris/versions/1"
BILL = f"{VERSION}/bill"
SMALL: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.5"}


def test_our_bill_is_sent_with_its_digest(api: Api, model: RegisteredModel, scientist: User, reviewer: User) -> None:
    full = full_version(model, actor=scientist)
    answer = api(reviewer).get(BILL)
    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.cyclonedx+json; version=1.6"
    assert content == bill_of(full, actor=reviewer)
    assert faults(content) == ""
    digest = hashlib.sha256(content)
    assert answer.headers["ETag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="iris-1.bill.cdx.json"'
    again = api(reviewer).client.get(f"/api/v1{BILL}", headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_completeness_says_what_is_there_and_what_to_do(api: Api, version: ModelVersion, reviewer: User) -> None:
    said = api(reviewer).get(f"{BILL}/completeness").json()
    assert (said["percent"], said["counts"], said["ours"], said["supplied"]) == (28, "ours", 28, None)
    assert [part["name"] for part in said["present"]] == ["name", "hashes", "author", "run"]
    assert said["missing"][0]["name"] == "licence"
    assert said["missing"][0]["weight"] == 12
    assert "README.md" in said["missing"][0]["advice"]
    assert said["unpinned"] == []
    assert sum(part["weight"] for part in said["present"] + said["missing"]) == 100


def test_a_bill_is_supplied_read_and_removed(api: Api, version: ModelVersion, scientist: User, reviewer: User) -> None:
    own, look = api(scientist), api(reviewer)
    refused(look.get(f"{BILL}/supplied"), 404)
    refused(own.delete(f"{BILL}/supplied"), 404)
    document = orjson.dumps({**FULL, "components": FULL["components"][1:]}, option=orjson.OPT_INDENT_2)
    made = own.client.put(
        f"/api/v1{BILL}/supplied", document, content_type="application/vnd.cyclonedx+json; version=1.5"
    )
    assert made.status_code == 201, made.content
    assert made.json() | {"supplied_at": ""} == {
        "digest": hashlib.sha256(document).hexdigest(),
        "supplied_by": "ada",
        "supplied_at": "",
    }
    assert b"".join(look.get(f"{BILL}/supplied").streaming_content) == document
    said = look.get(f"{BILL}/completeness").json()
    assert (said["percent"], said["counts"], said["ours"], said["supplied"]) == (85, "supplied", 28, 85)
    refused(look.put(f"{BILL}/supplied", SMALL), 403)
    refused(look.delete(f"{BILL}/supplied"), 403)
    assert own.delete(f"{BILL}/supplied").status_code == 204
    refused(look.get(f"{BILL}/supplied"), 404)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (b"", "application/json", 400, "The body is empty."),
        (b"{", "application/json", 400, "not JSON"),
        (b"[]", "application/json", 400, "no JSON object"),
        (b"{}", "application/json", 400, "bomFormat"),
        (orjson.dumps(SMALL), "text/plain", 415, "text/plain"),
        (orjson.dumps(SMALL), "application/xml", 415, "application/xml"),
        (b" " * (5 * 1024 * 1024 + 1), "application/json", 413, "5,242,880"),
        (
            orjson.dumps(
                {
                    **SMALL,
                    "components": [
                        {"type": "file", "name": "weights.txt", "hashes": [{"alg": "SHA-256", "content": "0" * 64}]}
                    ],
                }
            ),
            "application/json",
            400,
            "weights.txt",
        ),
    ],
)
def test_what_is_no_bill_is_refused(
    api: Api, version: ModelVersion, scientist: User, body: bytes, content_type: str, status: int, words: str
) -> None:
    answer = api(scientist).client.put(f"/api/v1{BILL}/supplied", body, content_type=content_type)
    problem = refused(answer, status)
    assert words in problem["detail"]
    refused(api(scientist).get(f"{BILL}/supplied"), 404)


def test_the_licence_and_where_it_comes_from(api: Api, version: ModelVersion, scientist: User) -> None:
    assert api(scientist).get(f"{VERSION}/licence").json() == {"expression": None, "place": None, "stated": []}
    set_version_tag(version, "licence", "see the site, please", actor=scientist)
    set_version_tag(version, "license", "mit", actor=scientist)
    said = api(scientist).get(f"{VERSION}/licence").json()
    assert (said["expression"], said["place"]) == ("MIT", "the tag license of the version")
    assert said["stated"][0] == {
        "text": "see the site, please",
        "place": "the tag licence of the version",
        "expression": "",
    }


def test_strangers_find_nothing_and_readers_tokens_write_nothing(
    api: Api, version: ModelVersion, stranger: User, scientist: User, client: Client
) -> None:
    for path in (BILL, f"{BILL}/completeness", f"{BILL}/supplied", f"{VERSION}/licence"):
        refused(api(stranger).get(path), 404)
        refused(api().get(path), 401)
    refused(api(stranger).put(f"{BILL}/supplied", SMALL), 404)
    refused(api(scientist, Scope.READ).put(f"{BILL}/supplied", SMALL), 403)


def test_policies_say_and_take_every_rule(api: Api, registry: Registry, maintainer: User, scientist: User) -> None:
    path = "/registries/main/policies"
    rules = {
        "approvals_needed": 2,
        "needs_clean_scan": True,
        "separates_duties": True,
        "accepts_findings": False,
        "most_severe_vulnerability": "high",
        "needs_signature": True,
        "bill_completeness": 80,
        "allowed_licences": ["apache-2.0", "mit"],
    }
    made = api(maintainer).post(path, {"stage": "Production", **rules})
    assert made.status_code == 201, made.content
    said = made.json()
    assert {name: said[name] for name in rules} == {**rules, "allowed_licences": ["Apache-2.0", "MIT"]}
    assert "A bill of materials that is complete to 80 %." in said["in_words"]
    plain = api(scientist).get(path).json()["results"][-1]
    assert (plain["most_severe_vulnerability"], plain["bill_completeness"], plain["allowed_licences"]) == (None, 0, [])
    for field, value in (
        ("most_severe_vulnerability", "dreadful"),
        ("bill_completeness", 101),
        ("allowed_licences", ["MIT OR ISC"]),
        ("allowed_licences", "MIT"),
    ):
        problem = refused(api(maintainer).post(path, {"stage": "Production", field: value}), 400)
        assert problem["errors"][0]["field"].startswith(field)
