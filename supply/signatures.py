"""Reading signatures, and what they are worth now. Who may see the version was asked before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from blobs.models import Blob, TreeFile
from blobs.queries import read
from lib.errors import HouseError, NotFound
from registry.models import ModelVersion
from supply.models import Signature, SigningKey, TrustAnchor
from supply.operations.signatures import MOST_SIGNATURES
from supply.signing import anchors as trust
from supply.signing.verification import State, Verification, verify

# Of files among those of a version: one that is longer is looked at no further.
LONGEST_FILE = 4 * 1024 * 1024
_ENDINGS = (".sig", ".sigstore", ".sigstore.json", ".intoto.jsonl")


@dataclass(frozen=True)
class Signed:
    """One signature of a version: a row that somebody added, or a file of the version itself at `path`."""

    verification: Verification
    row: Signature | None = None
    path: str = ""
    # Whose trust it rests on, where the signer is known.
    anchor: TrustAnchor | None = None

    @property
    def state(self) -> State:
        """How verifying it ended."""
        return self.verification.state


def signatures_of(version: ModelVersion) -> list[Signed]:
    """Every signature of a version, verified now: those among its files first, then those that people added."""
    if version.tree_id is None:
        return []
    files = digests_of(version)
    known = {anchor.fingerprint: anchor for anchor in _anchors_of(version)}
    trusted = [as_anchor(anchor) for anchor in known.values()]
    now = timezone.now()
    found = [
        Signed(found, path=path, anchor=_anchor(found, known))
        for path, blob in _signature_files(version)
        for found in _of_file(path, blob, files, trusted, now)
    ]
    rows = Signature.objects.filter(version=version).select_related("added_by").order_by("pk")
    for row in rows[:MOST_SIGNATURES]:
        result = verify(row.document.encode(), files, trusted, now)
        found.append(Signed(result, row=row, anchor=_anchor(result, known)))
    return found


def find_signature(version: ModelVersion, pk: int) -> Signature:
    """One that somebody added to a version that was found for an actor before. Raises NotFound."""
    rows = Signature.objects.filter(version=version, pk=pk).select_related("version__model__registry", "added_by")
    signature = rows.first()
    if signature is None:
        raise NotFound("The signature was not found.")
    return signature


def digests_of(version: ModelVersion) -> dict[str, str]:
    """The SHA-256 of each file of a version, by path."""
    return dict(TreeFile.objects.filter(tree=version.tree_id).values_list("path", "blob__sha256"))


def anchors_of(registry: Registry, *, actor: User) -> QuerySet[TrustAnchor]:
    """Whom a registry that was found for the actor before trusts to sign, and whom it trusted."""
    rows = TrustAnchor.objects.filter(registry=registry).select_related("added_by", "revoked_by", "registry")
    return access.visible(actor, rows)


def find_anchor(registry: Registry, pk: int, *, actor: User) -> TrustAnchor:
    """One of them. Raises NotFound."""
    anchor = anchors_of(registry, actor=actor).filter(pk=pk).first()
    if anchor is None:
        raise NotFound("The trust anchor was not found.")
    return anchor


def keys_of(registry: Registry, *, actor: User) -> QuerySet[SigningKey]:
    """The keys that a registry signs with and signed with, newest first; their private parts stay where they are."""
    rows = SigningKey.objects.filter(registry=registry).select_related("made_by").defer("private_sealed")
    return access.visible(actor, rows).order_by("-pk")


def as_anchor(row: TrustAnchor) -> trust.Anchor:
    """A row as verifying takes it."""
    return trust.Anchor(
        name=row.name,
        kind=trust.Kind(row.kind),
        pem=row.pem,
        fingerprint=row.fingerprint,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        is_revoked=row.revoked_at is not None,
    )


def _anchors_of(version: ModelVersion) -> Iterable[TrustAnchor]:
    return TrustAnchor.objects.filter(registry=version.model.registry_id).select_related("added_by").order_by("pk")


def _anchor(found: Verification, known: Mapping[str, TrustAnchor]) -> TrustAnchor | None:
    return known.get(found.signer.anchor_fingerprint) if found.signer else None


def _signature_files(version: ModelVersion) -> list[tuple[str, Blob]]:
    """The files at the top of a version whose names say that they are signatures."""
    named = Q()
    for ending in _ENDINGS:
        named |= Q(path__endswith=ending)
    rows = TreeFile.objects.filter(named, tree=version.tree_id).exclude(path__contains="/").select_related("blob")
    return [(row.path, row.blob) for row in rows.order_by("path")[:MOST_SIGNATURES]]


def _of_file(
    path: str, blob: Blob, files: Mapping[str, str], trusted: list[trust.Anchor], now: datetime
) -> list[Verification]:
    """What a file among those of the version is worth: one answer, or one for each line of JSON lines.

    A file of lines of which one cannot be read is not taken for a signature at all.
    """
    if blob.size > LONGEST_FILE:
        return [_unread(f"{path} has more than {LONGEST_FILE:,} bytes.")]
    try:
        with read(blob) as stream:
            content = stream.read(LONGEST_FILE + 1)
    except HouseError as problem:
        return [_unread(f"{path} cannot be read now: {problem.message}")]
    documents = [line for line in content.splitlines() if line.strip()] if path.endswith(".jsonl") else [content]
    if len(documents) > MOST_SIGNATURES:
        return [_unread(f"{path} holds more than {MOST_SIGNATURES} lines.")]
    found = [verify(document, files, trusted, now, itself=path) for document in documents]
    broken = [result for result in found if result.state is State.MALFORMED]
    return broken[:1] or found or [_unread(f"{path} is empty.")]


def _unread(sentence: str) -> Verification:
    return Verification(State.MALFORMED, sentence)
