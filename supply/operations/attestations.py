"""Attestations: what Gatehouse signs about a version that it let go to where people load it from."""

from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.inserts import Insert
from registry.models import Placement
from supply.facts import facts_of
from supply.models import Attestation
from supply.operations.keys import require_signing_key
from supply.signing.making import Subjects
from supply.statements import PROVENANCE, VERDICT, provenance, tree_subject, verdict

_ATTESTATIONS = Insert(Attestation, once_per=["placement_id", "predicate_type"])


@transaction.atomic
def attest_placement(placement: Placement, *, actor: User) -> list[Attestation]:
    """Sign where a version comes from and what was known of it, once for each placement; nothing without files here.

    The registry's key is made when it signs for the first time.
    """
    access.require(actor, Right.ADMINISTER, None)
    facts = facts_of(placement)
    version = facts.version
    if version.tree_id is None or facts.is_attested:
        return []
    key, private_key = require_signing_key(version.model.registry, actor=actor)
    subjects = Subjects(facts.files(), [tree_subject(version)])
    said = {PROVENANCE: provenance(facts, key.fingerprint), VERDICT: verdict(facts)}
    place = f"@{placement.alias}" if facts.placement.stage is None else facts.placement.stage.name
    made = [
        Attestation(
            version=version,
            placement=placement,
            place=place,
            predicate_type=kind,
            envelope=subjects.sign(kind, predicate, private_key).decode(),
            key=key,
            made_at=timezone.now(),
        )
        for kind, predicate in said.items()
    ]
    for attestation in made:
        _ATTESTATIONS.instance(attestation)
    record(
        Kind.VERSION_ATTESTED,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        place=place,
        key=key.fingerprint,
    )
    return made
