"""Reading attestations. Who may see the version was asked before."""

from collections.abc import Iterator

from django.db.models import QuerySet

from accounts.models import User
from registry.models import ModelVersion
from registry.queries import origin_seen
from supply.models import Attestation
from supply.statements import PROVENANCE

CONTENT_TYPE = "application/vnd.in-toto+jsonl"
FILE_NAME = "attestations.intoto.jsonl"


def attestations_of(version: ModelVersion, *, actor: User) -> QuerySet[Attestation]:
    """What was attested of a version, newest first.

    Where it comes from is left out for those who may not see all of that: the statement names run, data and source.
    """
    rows = Attestation.objects.filter(version=version).select_related("key", "placement").defer("key__private_sealed")
    if not ModelVersion.objects.filter(origin_seen(actor), pk=version.pk).exists():
        rows = rows.exclude(predicate_type=PROVENANCE)
    return rows.order_by("-pk")


def as_lines(attestations: QuerySet[Attestation]) -> Iterator[bytes]:
    """The envelopes as JSON lines, as other tools take them; a few in memory at a time, as they name every file."""
    for envelope in attestations.values_list("envelope", flat=True).iterator(chunk_size=10):
        yield envelope.encode() + b"\n"
