"""Adding and removing signatures, those that lie among the files, and what a copy brings along."""

from collections.abc import Callable

import pytest

from accounts.models import Registry, User
from accounts.rights import Role
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, TooLarge
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model
from registry.operations.versions import Origin, create_version
from supply.models import Signature
from supply.operations import signatures as operations
from supply.operations.anchors import add_trust_anchor, revoke_trust_anchor
from supply.operations.signatures import MOST_BYTES, add_signature, remove_signature
from supply.signatures import find_signature, signatures_of
from supply.signing.verification import State
from tests.accounts.at_once import at_once
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.supply.authority import FILES, enveloped, new_key, public_pem, signed

KEY = new_key()


@pytest.fixture
def version(model: RegisteredModel, scientist: User) -> ModelVersion:
    """A version of the scientist's with three files."""
    return register_files(model, FILES, actor=scientist)


@pytest.fixture
def trusted(registry: Registry, maintainer: User) -> None:
    """The registry trusts the key."""
    add_trust_anchor(registry, "ml-team", public_pem(KEY), actor=maintainer)


def states(version: ModelVersion) -> list[State]:
    return [one.state for one in signatures_of(version)]


def test_a_signature_is_kept_as_it_came_and_verified_whenever_somebody_asks(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User
) -> None:
    document = signed(FILES, KEY)
    added = add_signature(version, document, actor=scientist)
    assert (added.document.encode(), added.form) == (document, Signature.Form.BUNDLE)
    assert states(version) == [State.UNKNOWN_SIGNER]
    anchor = add_trust_anchor(registry, "ml-team", public_pem(KEY), actor=maintainer)
    assert states(version) == [State.VERIFIED]
    assert signatures_of(version)[0].anchor == anchor
    revoke_trust_anchor(anchor, "The laptop was stolen.", actor=maintainer)
    assert states(version) == [State.REVOKED]
    remove_signature(added, actor=scientist)
    assert states(version) == []
    with pytest.raises(NotFound):
        find_signature(version, added.pk)
    with pytest.raises(NotFound):
        remove_signature(added, actor=scientist)
    kinds = list(Event.objects.order_by("-pk").values_list("kind", flat=True)[:4])
    assert kinds == ["signature.removed", "trust_anchor.revoked", "trust_anchor.added", "signature.added"]


def test_the_signature_of_one_version_does_not_vouch_for_another(
    version: ModelVersion, model: RegisteredModel, scientist: User, trusted: None
) -> None:
    second = register_files(model, {**FILES, "notes.py": b"print('bye')\n"}, actor=scientist)
    add_signature(second, signed(FILES, KEY), actor=scientist)
    assert states(second) == [State.OTHER_CONTENT]
    hidden = register_files(model, {**FILES, ".git/hooks/x": b"y"}, actor=scientist)
    add_signature(hidden, signed(FILES, KEY), actor=scientist)
    assert states(hidden) == [State.INCOMPLETE]


def test_trust_in_one_registry_is_none_in_another(
    version: ModelVersion, system: User, scientist: User, trusted: None
) -> None:
    from accounts import access
    from accounts.operations.registries import create_registry

    lab = create_registry("lab", actor=system)
    access.grant(Role.CONTRIBUTOR, on=lab, to=scientist, actor=system)
    elsewhere = register_files(create_model(lab, "iris", actor=scientist), FILES, actor=scientist)
    add_signature(elsewhere, signed(FILES, KEY), actor=scientist)
    assert states(elsewhere) == [State.UNKNOWN_SIGNER]


def test_the_same_files_elsewhere_have_signatures_of_their_own(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User
) -> None:
    other = register_files(create_model(registry, "other", actor=maintainer), FILES, actor=maintainer)
    assert other.tree_id == version.tree_id
    theirs = add_signature(other, signed(FILES, KEY), actor=maintainer)
    assert states(version) == []
    with pytest.raises(Forbidden):
        remove_signature(theirs, actor=scientist)
    with pytest.raises(NotFound):
        find_signature(version, theirs.pk)


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.REVIEWER])
def test_only_who_may_change_the_version_signs_it(version: ModelVersion, member: Member, role: Role) -> None:
    somebody = member(role, version.model.registry)
    with pytest.raises(Forbidden):
        add_signature(version, signed(FILES, KEY), actor=somebody)
    assert not Signature.objects.exists()


def test_what_is_no_signature_is_refused_with_a_sentence(version: ModelVersion, scientist: User) -> None:
    for document, words in ((b"hello", "not JSON"), (b"{}", "neither a Sigstore bundle"), (b"\xff", "not JSON")):
        with pytest.raises(Invalid, match=words) as refusal:
            add_signature(version, document, actor=scientist)
        assert refusal.value.field == "document"
    with pytest.raises(TooLarge):
        add_signature(version, b" " * (MOST_BYTES + 1), actor=scientist)
    assert not Signature.objects.exists()


def test_a_version_has_twenty_at_most_and_each_once(
    version: ModelVersion, scientist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_SIGNATURES", 2)
    document = signed(FILES, KEY)
    add_signature(version, document, actor=scientist)
    with pytest.raises(AlreadyExists):
        add_signature(version, document, actor=scientist)
    add_signature(version, enveloped(FILES, KEY), actor=scientist)
    with pytest.raises(Conflict, match="at most 2"):
        add_signature(version, signed(FILES, KEY), actor=scientist)


def test_a_version_without_files_here_cannot_be_signed(model: RegisteredModel, scientist: User) -> None:
    external = create_version(model, Origin(source="s3://elsewhere/model"), actor=scientist)
    with pytest.raises(Invalid, match="no files here"):
        add_signature(external, signed(FILES, KEY), actor=scientist)
    assert signatures_of(external) == []


def test_signatures_among_the_files_are_found(model: RegisteredModel, scientist: User, trusted: None) -> None:
    one = register_files(model, {**FILES, "model.sig": signed(FILES, KEY)}, actor=scientist)
    [found] = signatures_of(one)
    assert (found.path, found.row, found.state) == ("model.sig", None, State.VERIFIED)
    assert found.verification.coverage and found.verification.coverage.itself == "model.sig"
    lines = enveloped(FILES, KEY, "https://example.org/a") + b"\n" + enveloped(FILES, KEY, "https://example.org/b")
    two = register_files(model, {**FILES, "x.intoto.jsonl": lines}, actor=scientist)
    assert states(two) == [State.VERIFIED, State.VERIFIED]
    broken = register_files(model, {**FILES, "x.intoto.jsonl": lines + b"\ncos\nsystem\n"}, actor=scientist)
    assert states(broken) == [State.MALFORMED]
    deep = register_files(model, {**FILES, "deep/model.sig": signed(FILES, KEY)}, actor=scientist)
    assert states(deep) == []
    other = register_files(model, {**FILES, "weights.sig": b"\x89PGP"}, actor=scientist)
    assert states(other) == [State.MALFORMED]
    empty = register_files(model, {**FILES, "x.intoto.jsonl": b"\n"}, actor=scientist)
    assert states(empty) == [State.MALFORMED]


def test_a_large_file_is_not_read(
    model: RegisteredModel, scientist: User, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supply import signatures

    monkeypatch.setattr(signatures, "LONGEST_FILE", 100)
    version = register_files(model, {**FILES, "model.sig": signed(FILES, KEY)}, actor=scientist)
    [found] = signatures_of(version)
    assert (found.state, "more than 100 bytes" in found.verification.sentence) == (State.MALFORMED, True)


def test_a_copy_brings_its_signatures_along(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User, trusted: None
) -> None:
    add_signature(version, signed(FILES, KEY), actor=scientist)
    target = create_model(registry, "copies", actor=maintainer)
    copied = create_version(target, Origin(copied_from=version), actor=maintainer)
    [found] = signatures_of(copied)
    assert found.state is State.VERIFIED
    assert found.row and found.row.added_by == maintainer
    remove_signature(find_signature(version, Signature.objects.get(version=version).pk), actor=scientist)
    assert states(copied) == [State.VERIFIED]


def test_a_copy_of_a_version_without_files_here_brings_nothing(model: RegisteredModel, scientist: User) -> None:
    external = create_version(model, Origin(source="s3://elsewhere/model"), actor=scientist)
    copied = create_version(model, Origin(copied_from=external), actor=scientist)
    assert signatures_of(copied) == []


@pytest.mark.needs("postgres")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_at_once_only_as_many_as_there_is_room_for(
    version: ModelVersion, scientist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_SIGNATURES", 1)
    calls: list[Callable[[], object]] = [
        lambda: add_signature(version, signed(FILES, KEY), actor=scientist),
        lambda: add_signature(version, enveloped(FILES, KEY), actor=scientist),
    ]
    results = at_once(*calls)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Signature"]
