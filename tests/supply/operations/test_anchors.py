"""Trust: given by maintainers, taken back for good, never forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from accounts.models import Registry, User
from accounts.rights import Role
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid
from supply.models import TrustAnchor
from supply.operations import anchors as operations
from supply.operations.anchors import add_trust_anchor, revoke_trust_anchor
from supply.signatures import anchors_of
from tests.conftest import Member
from tests.supply.authority import authority, new_key, private_pem, public_pem


def test_a_key_and_an_authority_are_trusted(registry: Registry, maintainer: User) -> None:
    key = add_trust_anchor(registry, "ml-team", public_pem(new_key()), actor=maintainer)
    assert (key.kind, key.valid_until, key.added_by) == ("key", None, maintainer)
    ends = timezone.now() + timedelta(days=9)
    root = authority("Root", ends=timezone.now() + timedelta(days=99), begins=timezone.now() - timedelta(days=1))
    company = add_trust_anchor(registry, "company", root.pem, valid_until=ends, actor=maintainer)
    assert (company.kind, company.valid_until) == ("certificate", ends)
    assert set(anchors_of(registry, actor=maintainer)) == {key, company}
    line = Event.objects.order_by("pk").last()
    assert line and (line.kind, line.details["fingerprint"]) == ("trust_anchor.added", company.fingerprint)


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.REVIEWER])
def test_only_maintainers_give_and_take_trust(registry: Registry, maintainer: User, member: Member, role: Role) -> None:
    anchor = add_trust_anchor(registry, "ml-team", public_pem(new_key()), actor=maintainer)
    somebody = member(role, registry)
    with pytest.raises(Forbidden):
        add_trust_anchor(registry, "mine", public_pem(new_key()), actor=somebody)
    with pytest.raises(Forbidden):
        revoke_trust_anchor(anchor, "x", actor=somebody)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"pem": "hello"}, "pem"),
        ({"pem": public_pem(rsa.generate_private_key(65537, 1024))}, "pem"),
        ({"valid_until": timezone.now() - timedelta(days=1)}, "valid_until"),
        (
            {
                "valid_from": timezone.now() + timedelta(days=2),
                "valid_until": timezone.now() + timedelta(days=1),
            },
            "valid_until",
        ),
        ({"pem": authority("Old", ends=timezone.now() - timedelta(days=1)).pem}, "pem"),
    ],
)
def test_what_cannot_be_trusted_is_refused(
    registry: Registry, maintainer: User, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        add_trust_anchor(registry, **{"name": "x", "pem": public_pem(new_key()), **more}, actor=maintainer)
    assert refusal.value.field == field
    assert not TrustAnchor.objects.exists()


def test_a_private_key_is_refused_and_left_nowhere(
    registry: Registry, maintainer: User, caplog: pytest.LogCaptureFixture
) -> None:
    pem = private_pem(new_key())
    with pytest.raises(Invalid, match="make a new one") as refusal:
        add_trust_anchor(registry, "mine", pem, actor=maintainer)
    secret = pem.splitlines()[1]
    assert secret not in refusal.value.message
    assert secret not in caplog.text
    assert not any(secret in str(line.details) for line in Event.objects.all())


def test_a_revoked_anchor_stays_and_cannot_come_back(registry: Registry, maintainer: User) -> None:
    pem = public_pem(new_key())
    anchor = add_trust_anchor(registry, "ml-team", pem, actor=maintainer)
    with pytest.raises(AlreadyExists, match="is trusted already"):
        add_trust_anchor(registry, "again", pem, actor=maintainer)
    with pytest.raises(AlreadyExists, match="an anchor ml-team"):
        add_trust_anchor(registry, "ml-team", public_pem(new_key()), actor=maintainer)
    with pytest.raises(Invalid):
        revoke_trust_anchor(anchor, " ", actor=maintainer)
    revoked = revoke_trust_anchor(anchor, "Stolen.", actor=maintainer)
    assert (revoked.revoked_by, revoked.revocation_reason) == (maintainer, "Stolen.")
    with pytest.raises(Conflict):
        revoke_trust_anchor(anchor, "Stolen.", actor=maintainer)
    with pytest.raises(AlreadyExists, match="was revoked and cannot be trusted again"):
        add_trust_anchor(registry, "again", pem, actor=maintainer)
    assert list(anchors_of(registry, actor=maintainer)) == [anchor]


def test_there_is_room_for_fifty(registry: Registry, maintainer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MOST_ANCHORS", 1)
    anchor = add_trust_anchor(registry, "one", public_pem(new_key()), actor=maintainer)
    with pytest.raises(Conflict, match="at most 1"):
        add_trust_anchor(registry, "two", public_pem(new_key()), actor=maintainer)
    revoke_trust_anchor(anchor, "Room.", actor=maintainer)
    add_trust_anchor(registry, "two", public_pem(new_key()), actor=maintainer)
