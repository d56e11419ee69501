"""Bringing a bill of materials along, and taking it away."""

import orjson
import pytest

from accounts.models import User
from accounts.rights import Role
from events.models import Event
from lib import digests
from lib.errors import Forbidden, Invalid, NotFound, TooLarge
from registry.models import ModelVersion
from supply.bills.queries import supplied_bill
from supply.models import SuppliedBill
from supply.operations.bills import remove_bill, supply_bill
from tests.conftest import Member

BILL = b'{ "bomFormat": "CycloneDX",\n "specVersion": "1.5", "note": "\xc3\xa9 \\u0000" }'


def naming(path: str, sha256: str) -> bytes:
    file = {"type": "file", "name": path, "hashes": [{"alg": "SHA-256", "content": sha256}]}
    return orjson.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [file]})


def test_a_bill_is_kept_as_it_came(version: ModelVersion, scientist: User) -> None:
    kept = supply_bill(version, BILL, actor=scientist)
    found = supplied_bill(version)
    assert found == kept
    assert (kept.document.encode(), kept.digest, kept.supplied_by) == (BILL, digests.of_bytes(BILL), scientist)
    line = Event.objects.latest("pk")
    assert (line.kind, line.subject_type, line.subject_id) == ("bill.supplied", "ModelVersion", version.pk)
    assert line.details == {"digest": kept.digest, "specification": "1.5", "bytes": len(BILL)}
    assert line.registry_id == version.model.registry_id


def test_a_new_one_takes_the_place_of_the_old_one(version: ModelVersion, scientist: User, maintainer: User) -> None:
    supply_bill(version, BILL, actor=scientist)
    second = supply_bill(version, naming("elsewhere.txt", "a" * 64), actor=maintainer)
    assert list(SuppliedBill.objects.all()) == [second]


def test_the_hash_of_a_file_has_to_be_the_stored_one(version: ModelVersion, scientist: User) -> None:
    right = digests.of_bytes(b"1 2 3")
    supply_bill(version, naming("weights.txt", right), actor=scientist)
    with pytest.raises(Invalid, match=r"another SHA-256 than the stored one for weights\.txt\.") as refusal:
        supply_bill(version, naming("weights.txt", "a" * 64), actor=scientist)
    assert refusal.value.field == "document"
    found = supplied_bill(version)
    assert found is not None and right in found.document


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", BILL[:-1], b"\xff"])
def test_what_is_no_bill_changes_nothing(version: ModelVersion, scientist: User, document: bytes) -> None:
    lines = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        supply_bill(version, document, actor=scientist)
    assert refusal.value.field == "document"
    assert (SuppliedBill.objects.count(), Event.objects.count()) == (0, lines)


def test_five_mebibytes_are_the_most(version: ModelVersion, scientist: User) -> None:
    largest = BILL + b" " * (5 * 1024 * 1024 - len(BILL))
    supply_bill(version, largest, actor=scientist)
    with pytest.raises(TooLarge, match="5,242,880"):
        supply_bill(version, largest + b" ", actor=scientist)


def test_only_who_edits_the_version_supplies_and_removes(
    version: ModelVersion, scientist: User, reviewer: User, member: Member
) -> None:
    other = member(Role.CONTRIBUTOR, version.model.registry)
    supply_bill(version, BILL, actor=scientist)
    for person in (reviewer, other):
        with pytest.raises(Forbidden):
            supply_bill(version, BILL, actor=person)
        with pytest.raises(Forbidden):
            remove_bill(version, actor=person)
    assert SuppliedBill.objects.count() == 1


def test_a_bill_is_taken_away_once(version: ModelVersion, scientist: User) -> None:
    digest = supply_bill(version, BILL, actor=scientist).digest
    remove_bill(version, actor=scientist)
    assert supplied_bill(version) is None
    line = Event.objects.latest("pk")
    assert (line.kind, line.details) == ("bill.removed", {"digest": digest})
    with pytest.raises(NotFound):
        remove_bill(version, actor=scientist)
