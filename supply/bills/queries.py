"""Reading bills of materials of a version that was found for the actor before."""

from dataclasses import dataclass

import orjson

from accounts.models import User
from accounts.queries import system_user
from registry.models import ModelVersion
from supply.bills import cyclonedx
from supply.bills.completeness import Bill, Completeness, Files, completeness
from supply.bills.gathering import gather
from supply.models import SuppliedBill


@dataclass(frozen=True)
class Judged:
    """How complete our bill is, how complete the supplied one is where there is one, and which of them counts."""

    ours: Completeness
    supplied: Completeness | None
    bill: SuppliedBill | None

    @property
    def counts(self) -> Completeness:
        """The one that covers more; ours where both cover the same."""
        return self.supplied if self.supplied and self.supplied.percent > self.ours.percent else self.ours

    @property
    def is_supplied(self) -> bool:
        """Whether the supplied one counts."""
        return self.counts is not self.ours


def bill_of(version: ModelVersion, *, actor: User) -> bytes:
    """Our bill of materials, CycloneDX 1.6 JSON; of the origin it names what the actor sees."""
    return cyclonedx.to_bytes(gather(version, actor=actor))


def document_of(version: ModelVersion, *, actor: User) -> Bill:
    """The same as plain values, to be shown."""
    return cyclonedx.document(gather(version, actor=actor))


def supplied_bill(version: ModelVersion) -> SuppliedBill | None:
    """The bill that somebody brought along, if anybody did."""
    return SuppliedBill.objects.filter(version=version).select_related("supplied_by").order_by("-pk").first()


def judged(version: ModelVersion) -> Judged:
    """How complete the bills are, by everything that is known: one number for everybody who sees the version."""
    ours = document_of(version, actor=system_user())
    files = files_of(version)
    bill = supplied_bill(version)
    theirs = completeness(orjson.loads(bill.document), files) if bill else None
    return Judged(completeness(ours, files), theirs, bill)


def file_name(version: ModelVersion, kind: str = "bill") -> str:
    """What to call a bill of this version when it is downloaded."""
    return f"{version.model.name}-{version.number}.{kind}.cdx.json"


def files_of(version: ModelVersion) -> Files:
    """The stored SHA-256 of every file of the version by its path."""
    return dict(version.tree.files.values_list("path", "blob__sha256")) if version.tree else {}
