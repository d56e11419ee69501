"""Signatures, trust anchors, keys and attestations over the native API."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from gatehouse.command import main
from registry.models import ModelVersion, RegisteredModel
from registry.operations.placements import move_alias
from supply.operations.anchors import add_trust_anchor
from tests.factories.registry import register_files
from tests.protocols.rest.conftest import Api, refused
from tests.supply.authority import (
    FILES,
    by_model_signing,
    digests,
    enveloped,
    laid_out,
    new_key,
    private_pem,
    public_pem,
    signed,
)

KEY = new_key()
VERSION = "/registries/main/models/iris/versions/1"
SIGNATURES = f"{VERSION}/signatures"
ANCHORS = "/registries/main/trust-anchors"
Post = Callable[..., Any]


@pytest.fixture
def version(model: RegisteredModel, scientist: User) -> ModelVersion:
    """Three files."""
    return register_files(model, FILES, actor=scientist)


@pytest.fixture
def post(token_of: Callable[..., str]) -> Post:
    """Sends bytes as they are."""

    def send(actor: User, document: bytes, kind: str = "application/json", path: str = SIGNATURES) -> Any:
        client = Client(headers={"authorization": f"Bearer {token_of(actor)}"})
        return client.generic("POST", f"/api/v1{path}", document, kind)

    return send


def test_a_bundle_by_the_package_is_added_verified_and_removed(
    api: Api, post: Post, version: ModelVersion, scientist: User, maintainer: User, tmp_path: Path
) -> None:
    document = by_model_signing(laid_out(tmp_path / "model", FILES), KEY, tmp_path)
    added = post(scientist, document)
    assert added.status_code == 201, added.content
    assert added.json()["state"] == "unknown signer"
    made = api(maintainer).post(ANCHORS, {"name": "ml-team", "pem": public_pem(KEY)})
    assert (made.status_code, made.json()["kind"], made.json()["revoked_at"]) == (201, "key", None)
    [found] = api(scientist).get(SIGNATURES).json()["results"]
    assert found["state"] == "verified"
    assert found["sentence"] == "Signed by ml-team: covers 3 of 3 files."
    assert found["signer"] == {"trusted_as": "ml-team", "subject": None, "fingerprint": made.json()["fingerprint"]}
    assert found["coverage"]["covered"] == found["coverage"]["total"] == 3
    assert (found["added_by"], found["form"], found["path"]) == ("ada", "bundle", None)
    raw = api(scientist).get(f"{SIGNATURES}/{found['id']}")
    assert raw.content == document
    assert raw["Content-Disposition"].startswith("attachment")
    revoked = api(maintainer).post(f"{ANCHORS}/{made.json()['id']}/revoke", {"reason": "Stolen."})
    assert (revoked.status_code, revoked.json()["revoked_by"]) == (200, "mary")
    assert api(scientist).get(SIGNATURES).json()["results"][0]["state"] == "revoked"
    assert api(scientist).delete(f"{SIGNATURES}/{found['id']}").status_code == 204
    assert api(scientist).get(SIGNATURES).json() == {"results": []}


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({**FILES, "notes.py": b"x"}, "covers other content"),
        ({path: FILES[path] for path in list(FILES)[:2]}, "does not cover everything"),
        ({**FILES, "gone.bin": b"x"}, "covers other content"),
        ({**FILES, ".git/config": b"x"}, "covers other content"),
    ],
)
def test_a_signature_of_other_files_is_not_verified(
    api: Api, post: Post, version: ModelVersion, scientist: User, maintainer: User, files: dict[str, bytes], state: str
) -> None:
    add_trust_anchor(version.model.registry, "ml-team", public_pem(KEY), actor=maintainer)
    assert post(scientist, signed(files, KEY)).json()["state"] == state


def test_a_document_is_read_once_and_strictly(post: Post, version: ModelVersion, scientist: User) -> None:
    good = enveloped(FILES, KEY)
    for document, kind, status in (
        (b"", "application/json", 400),
        (b"hello", "application/json", 400),
        (good[:-1] + b',"payload":"e30="}', "application/json", 400),
        (good, "application/x-yaml", 415),
        (good, "application/python-pickle", 415),
        (good + b" " * 1024 * 1024, "application/json", 413),
    ):
        refused(post(scientist, document, kind), status)
    assert post(scientist, good, "application/vnd.dsse.envelope.v1+json").status_code == 201
    refused(post(scientist, good), 409)


def test_who_may_not_is_refused_and_who_may_not_see_finds_nothing(
    api: Api, post: Post, version: ModelVersion, scientist: User, reviewer: User, stranger: User, maintainer: User
) -> None:
    mine = post(scientist, signed(FILES, KEY)).json()["id"]
    anchor = add_trust_anchor(version.model.registry, "ml-team", public_pem(KEY), actor=maintainer)
    refused(post(reviewer, signed(FILES, KEY)), 403)
    refused(api(reviewer).delete(f"{SIGNATURES}/{mine}"), 403)
    refused(api(scientist).post(ANCHORS, {"name": "x", "pem": public_pem(new_key())}), 403)
    refused(api(scientist).post(f"{ANCHORS}/{anchor.pk}/revoke", {"reason": "x"}), 403)
    refused(api(scientist).post("/registries/main/signing-key/rotate"), 403)
    refused(post(stranger, signed(FILES, KEY)), 404)
    for path in (SIGNATURES, f"{SIGNATURES}/{mine}", f"{VERSION}/attestations", f"{VERSION}/attestations.intoto.jsonl"):
        refused(api(stranger).get(path), 404)
        assert api(reviewer).get(path).status_code == 200
    for path in (ANCHORS, "/registries/main/signing-key"):
        refused(api(stranger).get(path), 404)


def test_ids_of_other_places_are_not_found(
    api: Api,
    post: Post,
    version: ModelVersion,
    model: RegisteredModel,
    scientist: User,
    administrator: User,
    system: User,
) -> None:
    register_files(model, {"x": b"y"}, actor=scientist)
    mine = post(scientist, signed(FILES, KEY)).json()["id"]
    second = SIGNATURES.replace("versions/1", "versions/2")
    refused(api(administrator).get(f"{second}/{mine}"), 404)
    refused(api(administrator).delete(f"{second}/{mine}"), 404)
    anchor = add_trust_anchor(create_registry("lab", actor=system), "x", public_pem(KEY), actor=system)
    refused(api(administrator).post(f"{ANCHORS}/{anchor.pk}/revoke", {"reason": "x"}), 404)


def test_keys_that_cannot_be_trusted_are_refused(api: Api, registry: Registry, maintainer: User) -> None:
    manage = api(maintainer)
    problem = refused(manage.post(ANCHORS, {"name": "x", "pem": private_pem(KEY)}), 400)
    assert problem["errors"][0]["field"] == "pem"
    assert private_pem(KEY).splitlines()[1] not in json.dumps(problem)
    refused(manage.post(ANCHORS, {"name": "x", "pem": "x"}), 400)
    refused(manage.post(ANCHORS, {"name": "", "pem": public_pem(KEY)}), 400)
    refused(manage.post(ANCHORS, {"name": "x", "pem": public_pem(KEY), "valid_until": "2020-01-01T00:00:00Z"}), 400)
    assert manage.post(ANCHORS, {"name": "x", "pem": public_pem(KEY)}).status_code == 201
    refused(manage.post(ANCHORS, {"name": "y", "pem": public_pem(KEY)}), 409)


def test_the_key_of_a_registry_is_shown_and_rotated(api: Api, registry: Registry, maintainer: User) -> None:
    manage = api(maintainer)
    assert manage.get("/registries/main/signing-key").json() == {"current": None, "retired": []}
    first = manage.post("/registries/main/signing-key/rotate").json()
    second = manage.post("/registries/main/signing-key/rotate", {"reason": "Once a year."}).json()
    found = manage.get("/registries/main/signing-key").json()
    assert found["current"] == second
    assert [key["fingerprint"] for key in found["retired"]] == [first["fingerprint"]]
    assert "PRIVATE" not in json.dumps(found)


def test_attestations_are_downloaded_and_verified_without_the_server(
    api: Api, version: ModelVersion, scientist: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    move_alias(version, "blue", reason="It is better.", actor=scientist)
    listed = api(scientist).get(f"{VERSION}/attestations").json()["results"]
    assert [row["place"] for row in listed] == ["@blue", "@blue"]
    answer = api(scientist).get(f"{VERSION}/attestations.intoto.jsonl")
    assert "attestations.intoto.jsonl" in answer["Content-Disposition"]
    (tmp_path / "a.jsonl").write_bytes(answer.getvalue())
    (tmp_path / "main.pem").write_text(api(scientist).get("/registries/main/signing-key").json()["current"]["pem"])
    folder = laid_out(tmp_path / "model", FILES)
    line = ["verify", str(folder), "--key", str(tmp_path / "main.pem"), "--attestations", str(tmp_path / "a.jsonl")]
    assert main(line) == 0
    said = capsys.readouterr().out
    assert "Signed by main.pem: covers 3 of 3 files." in said
    assert "main/iris version 1 went to @blue" in said
    assert "moved by ada" in said
    (folder / "notes.py").write_bytes(b"changed")
    assert main(line) == 1
    assert "NOT verified." in capsys.readouterr().out


def test_signatures_cost_few_queries_however_many_there_are(
    api: Api, post: Post, version: ModelVersion, scientist: User, maintainer: User, django_assert_num_queries: Any
) -> None:
    for _ in range(4):
        post(scientist, signed(FILES, new_key()))
        add_trust_anchor(version.model.registry, str(_), public_pem(new_key()), actor=maintainer)
    look = api(scientist)
    look.get(SIGNATURES)
    with django_assert_num_queries(6):  # token, version, files, anchors, signatures among files, signatures added
        assert len(look.get(SIGNATURES).json()["results"]) == 4
    assert digests(FILES)
