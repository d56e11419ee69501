"""Bringing a bill of materials along for a version, and taking it away again."""

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib import digests
from lib.errors import Invalid, NotFound, TooLarge
from registry.models import ModelVersion, RegisteredModel
from supply.bills.queries import files_of
from supply.bills.supplied import LARGEST, BadBill, disagreements, read
from supply.models import SuppliedBill

_FEW = 3


@transaction.atomic
def supply_bill(version: ModelVersion, document: bytes, *, actor: User) -> SuppliedBill:
    """Keep a CycloneDX document about this version, as it came, in place of the one before.

    Raises TooLarge, and Invalid for what is no bill or names other bytes for a file than those stored.
    """
    access.require(actor, Right.EDIT, version)
    if len(document) > LARGEST:
        raise TooLarge(f"A bill of materials has at most {LARGEST:,} bytes.")
    try:
        bill = read(document)
    except BadBill as problem:
        raise Invalid("document", str(problem)) from problem
    if wrong := disagreements(bill, files_of(version)):
        named = " and ".join(wrong[:_FEW]) + (f" and {len(wrong) - _FEW} more" if len(wrong) > _FEW else "")
        raise Invalid("document", f"The bill names another SHA-256 than the stored one for {named}.")
    # One at a time, so that one stays.
    RegisteredModel.objects.select_for_update().get(pk=version.model_id)
    SuppliedBill.objects.filter(version=version).delete()
    digest = digests.of_bytes(document)
    kept = SuppliedBill.objects.create(version=version, document=document.decode(), digest=digest, supplied_by=actor)
    record(
        Kind.BILL_SUPPLIED,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        digest=digest,
        specification=bill["specVersion"],
        bytes=len(document),
    )
    return kept


@transaction.atomic
def remove_bill(version: ModelVersion, *, actor: User) -> None:
    """Take the supplied bill of this version away. Raises NotFound where there is none."""
    access.require(actor, Right.EDIT, version)
    RegisteredModel.objects.select_for_update().get(pk=version.model_id)
    bills = SuppliedBill.objects.filter(version=version)
    digest = bills.order_by("-pk").values_list("digest", flat=True).first()
    if digest is None:
        raise NotFound(f"Nobody has supplied a bill of materials of {version}.")
    bills.delete()
    record(Kind.BILL_REMOVED, actor=actor, subject=version, registry_id=version.model.registry_id, digest=digest)
