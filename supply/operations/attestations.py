"""Attestations: what Gatehouse signs about a version that it let go to where people load it from."""

from typing import Any

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from registry.models import ModelVersion, Placement
from supply.models import Attestation
from supply.operations.keys import require_signing_key
from supply.signatures import digests_of
from supply.signing.making import about_files, sign_statement
from supply.statements import PROVENANCE, VERDICT, provenance, tree_subject, verdict


@transaction.atomic
def attest_placement(placement: Placement, version: ModelVersion, *, actor: User) -> list[Attestation]:
    """Sign where the version comes from and what was known of it, once for each placement; nothing without files here.

    The registry's key is made when it signs for the first time.
    """
    access.require(actor, Right.ADMINISTER, None)
    if version.tree_id is None or Attestation.objects.filter(placement=placement).exists():
        return []
    key, private_key = require_signing_key(version.model.registry, actor=actor)
    files, whole = digests_of(version), [tree_subject(version)]
    said: dict[str, dict[str, Any]] = {
        PROVENANCE: provenance(version, key.fingerprint),
        VERDICT: verdict(version, placement),
    }
    made = [
        Attestation(
            version=version,
            placement=placement,
            place=f"@{placement.alias}" if placement.stage is None else placement.stage.name,
            predicate_type=kind,
            envelope=sign_statement(about_files(files, kind, predicate, more=whole), private_key).decode(),
            key=key,
        )
        for kind, predicate in said.items()
    ]
    Attestation.objects.bulk_create(made)
    record(
        Kind.VERSION_ATTESTED,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        place=made[0].place,
        key=key.fingerprint,
    )
    return made
