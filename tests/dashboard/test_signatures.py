"""The pages about signatures and keys: in words who signed what; no good mark for a signature that is just there."""

import json
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Registry, User
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model
from registry.operations.placements import move_alias
from registry.operations.versions import Origin, create_version
from supply.models import Signature, SigningKey, TrustAnchor
from supply.operations.anchors import add_trust_anchor
from supply.operations.signatures import add_signature
from tests.factories.registry import register_files
from tests.supply.authority import FILES, authority, new_key, private_pem, public_pem, signed

AsUser = Callable[[User], Client]
PAGE = "/models/main/iris/versions/1/signatures"
KEYS = "/registries/main/keys"
KEY = new_key()
GOOD_MARK = "icon good"


@pytest.fixture
def version(model: RegisteredModel, scientist: User) -> ModelVersion:
    """Three files."""
    return register_files(model, FILES, actor=scientist)


def text(browser: Client, page: str = PAGE) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_signature_is_uploaded_and_told_in_words(
    version: ModelVersion, as_user: AsUser, scientist: User, maintainer: User
) -> None:
    browser = as_user(scientist)
    assert "Not signed" in text(browser)
    bundle = SimpleUploadedFile("model.sig", signed(FILES, KEY))
    page = browser.post(PAGE, {"file": bundle}, follow=True).content.decode()
    assert "The signature was added. Signed by an unknown key (" in page
    assert "nobody who is trusted" in page
    assert GOOD_MARK not in page
    add_trust_anchor(version.model.registry, "ml-team", public_pem(KEY), actor=maintainer)
    page = text(browser)
    assert "Signed by ml-team: covers 3 of 3 files." in page
    assert "registry key, added by mary" in page
    assert GOOD_MARK in page
    assert "nobody who is trusted" not in page
    assert "gatehouse verify ./iris --key ml-team.pem --signature model.sig" in page
    raw = browser.get(f"{PAGE}/{Signature.objects.get().pk}")
    assert json.loads(raw.content)["mediaType"]
    assert raw["Content-Disposition"].startswith("attachment")


def test_what_is_not_covered_is_named_and_gets_no_good_mark(
    model: RegisteredModel, as_user: AsUser, scientist: User, maintainer: User
) -> None:
    version = register_files(model, {**FILES, "extra.py": b""}, actor=scientist)
    add_trust_anchor(version.model.registry, "ml-team", public_pem(KEY), actor=maintainer)
    add_signature(version, signed(FILES, KEY), actor=scientist)
    page = text(as_user(scientist))
    assert "Signed by ml-team, but it does not cover: extra.py." in page
    assert page.count("nobody who is trusted") == 1
    assert GOOD_MARK not in page


def test_a_signature_among_the_files_is_shown(
    model: RegisteredModel, as_user: AsUser, scientist: User, maintainer: User
) -> None:
    version = register_files(model, {**FILES, "model.sig": signed(FILES, KEY)}, actor=scientist)
    add_trust_anchor(version.model.registry, "ml-team", public_pem(KEY), actor=maintainer)
    page = text(as_user(scientist))
    assert "model.sig is the signature itself" in page
    assert "a signature itself" in page
    assert "/files/model.sig" in page
    assert "--signature ./iris/model.sig" in page


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "one of the two"),
        ({"pasted": "hello"}, "The document is not JSON."),
        ({"pasted": "{}"}, "neither a Sigstore bundle"),
        ({"pasted": " "}, "one of the two"),
    ],
)
def test_the_form_says_what_is_wrong(
    version: ModelVersion, as_user: AsUser, scientist: User, said: dict[str, str], sentence: str
) -> None:
    answer = as_user(scientist).post(PAGE, said)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_a_file_that_is_too_large_is_refused(version: ModelVersion, as_user: AsUser, scientist: User) -> None:
    answer = as_user(scientist).post(PAGE, {"file": SimpleUploadedFile("x", b" " * (1024 * 1024 + 1))})
    assert (answer.status_code, "at most 1,048,576 bytes" in answer.content.decode()) == (422, True)


def test_who_may_not_change_the_version_gets_no_form(
    version: ModelVersion, as_user: AsUser, scientist: User, reviewer: User, stranger: User
) -> None:
    added = add_signature(version, signed(FILES, KEY), actor=scientist)
    look = as_user(reviewer)
    page = text(look)
    assert "Add it" not in page
    assert "Yes, remove" not in page
    assert look.post(PAGE, {"pasted": signed(FILES, KEY).decode()}).status_code == 422
    assert look.post(f"{PAGE}/{added.pk}/remove").status_code == 403
    assert as_user(stranger).get(PAGE).status_code == 404
    assert as_user(stranger).get(f"{PAGE}/{added.pk}").status_code == 404
    assert as_user(scientist).post(f"{PAGE}/{added.pk}/remove").status_code == 302
    assert not Signature.objects.exists()


def test_attestations_are_listed_and_downloaded(version: ModelVersion, as_user: AsUser, scientist: User) -> None:
    browser = as_user(scientist)
    assert "Nothing yet" in text(browser)
    move_alias(version, "blue", actor=scientist)
    page = text(browser)
    assert "Where it comes from, at @blue" in page
    assert "What was known of it, at @blue" in page
    lines = browser.get("/models/main/iris/versions/1/attestations.intoto.jsonl").getvalue().splitlines()
    assert [json.loads(line)["payloadType"] for line in lines] == ["application/vnd.in-toto+json"] * 2
    activity = text(browser, "/models/main/iris/versions/1/activity")
    assert "signed what is known of" in activity


def test_a_version_without_files_has_nothing_to_sign(model: RegisteredModel, as_user: AsUser, scientist: User) -> None:
    create_version(model, Origin(source="s3://elsewhere/model"), actor=scientist)
    page = text(as_user(scientist))
    assert "Nothing to sign" in page
    assert "Add it" not in page


def test_names_in_commands_are_plain_words(registry: Registry, as_user: AsUser, scientist: User) -> None:
    strange = create_model(registry, "it's $(touch x)", actor=scientist)
    register_files(strange, FILES, actor=scientist)
    page = text(as_user(scientist), "/models/main/it's%20$(touch%20x)/versions/1/signatures")
    assert "./it-s-touch-x" in page
    assert "verify ./it&#x27;s" not in page


# ---- keys


def test_trust_is_given_and_taken_on_the_page(
    registry: Registry, as_user: AsUser, maintainer: User, scientist: User
) -> None:
    browser = as_user(maintainer)
    assert "Nobody is trusted yet" in text(browser, KEYS)
    said = {"name": "ml-team", "pem": public_pem(KEY), "until": "2099-12-31"}
    page = browser.post(KEYS, said, follow=True).content.decode()
    assert "Signatures by ml-team count now." in page
    assert "Public key, EC P-256" in page
    assert "until 1 Jan 2100" in page
    anchor = TrustAnchor.objects.get()
    look = text(as_user(scientist), KEYS)
    assert "ml-team" in look
    assert "Trust it" not in look
    assert "Yes, revoke" not in look
    assert as_user(scientist).post(f"{KEYS}/{anchor.pk}/revoke", {"reason": "x"}).status_code == 403
    assert "Say why" in browser.post(f"{KEYS}/{anchor.pk}/revoke", follow=True).content.decode()
    page = browser.post(f"{KEYS}/{anchor.pk}/revoke", {"reason": "Stolen."}, follow=True).content.decode()
    assert "ml-team is not trusted any more." in page
    assert "Stolen." in page
    assert "Yes, revoke" not in page


def test_an_authority_is_shown_by_whom_it_names(registry: Registry, as_user: AsUser, maintainer: User) -> None:
    add_trust_anchor(registry, "company", authority("ACME Root").pem, actor=maintainer)
    assert "Authority CN=ACME Root" in text(as_user(maintainer), KEYS)


def test_a_private_key_is_refused_and_not_shown_again(registry: Registry, as_user: AsUser, maintainer: User) -> None:
    answer = as_user(maintainer).post(KEYS, {"name": "mine", "pem": private_pem(KEY)})
    page = answer.content.decode()
    assert (answer.status_code, "This is a private key" in page) == (422, True)
    assert private_pem(KEY).splitlines()[1] not in page
    assert 'value="mine"' in page


def test_the_key_is_rotated_on_the_page(registry: Registry, as_user: AsUser, maintainer: User, scientist: User) -> None:
    browser = as_user(maintainer)
    assert "No key yet" in text(browser, KEYS)
    browser.post(f"{KEYS}/rotate")
    page = browser.post(f"{KEYS}/rotate", {"reason": "Once a year."}, follow=True).content.decode()
    assert "Keys of before" in page
    assert page.count("BEGIN PUBLIC KEY") >= 2
    assert "PRIVATE" not in page
    assert SigningKey.objects.filter(retired_at=None).count() == 1
    assert as_user(scientist).post(f"{KEYS}/rotate").status_code == 403


def test_the_page_costs_the_same_for_many_signatures(
    version: ModelVersion,
    as_user: AsUser,
    scientist: User,
    maintainer: User,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for number in range(5):
        add_signature(version, signed(FILES, new_key()), actor=scientist)
        add_trust_anchor(version.model.registry, str(number), public_pem(new_key()), actor=maintainer)
    browser = as_user(scientist)
    browser.get(PAGE)
    with django_assert_max_num_queries(18):  # type: ignore[attr-defined] # a fixture that is a context manager
        browser.get(PAGE)
