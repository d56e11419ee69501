"""Signatures that people add to a version, beside those that lie among its files."""

from collections.abc import Iterable

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib import digests
from lib.errors import AlreadyExists, Conflict, Invalid, NotFound, TooLarge
from registry.models import ModelVersion
from supply.models import Signature
from supply.signing.documents import Document, read_document
from supply.signing.refusals import Malformed

MOST_BYTES = 1024 * 1024
MOST_SIGNATURES = 20


@transaction.atomic
def add_signature(version: ModelVersion, document: bytes, *, actor: User) -> Signature:
    """Keep a Sigstore bundle or a DSSE envelope with the version, whoever signed it.

    What it is worth is computed whenever somebody asks. Raises Invalid for what is no such document, TooLarge, and
    Conflict for the twenty-first of a version.
    """
    access.require(actor, Right.EDIT, version)
    if version.tree_id is None:
        raise Invalid("document", f"{version} has no files here that a signature could cover.")
    read = _read(document)
    digest = digests.of_bytes(document)
    # Of two at once one waits here, so that the count holds; and the version must still be there.
    if not ModelVersion.objects.select_for_update(no_key=True).filter(pk=version.pk, deleted_at=None).exists():
        raise NotFound(f"{version} was not found.")
    there = Signature.objects.filter(version=version)
    if there.filter(digest=digest).exists():
        raise AlreadyExists("This signature is there already.")
    if there.count() >= MOST_SIGNATURES:
        raise Conflict(f"A version has at most {MOST_SIGNATURES} signatures; remove one first.")
    signature = Signature.objects.create(
        version=version,
        form=Signature.Form(read.form.value),
        document=document.decode(),
        digest=digest,
        added_by=actor,
    )
    _record(Kind.SIGNATURE_ADDED, signature, actor, predicate=read.statement.predicate_type)
    return signature


@transaction.atomic
def remove_signature(signature: Signature, *, actor: User) -> None:
    """Take a signature away from its version."""
    version = signature.version
    access.require(actor, Right.EDIT, version)
    if Signature.objects.filter(pk=signature.pk).delete()[0] != 1:
        raise NotFound("The signature was not found.")
    _record(Kind.SIGNATURE_REMOVED, signature, actor)


@transaction.atomic
def bring_signatures(version: ModelVersion, source: ModelVersion, *, actor: User) -> None:
    """Keep the signatures of the version that this one is a copy of: they speak about the same files.

    Whoever made the copy brought them. Whom they are trusted by is a matter of the registry that they come into.
    """
    access.require(actor, Right.EDIT, version)
    access.require(actor, Right.DOWNLOAD, source)
    if version.tree_id is None or version.tree_id != source.tree_id:
        raise Invalid("source", f"{source} has other files than {version}.")
    brought = list(Signature.objects.filter(version=source).order_by("pk")[:MOST_SIGNATURES])
    if brought:
        Signature.objects.bulk_create(_copies(brought, version), ignore_conflicts=True)
        record(
            Kind.SIGNATURE_ADDED,
            actor=actor,
            subject=version,
            registry_id=version.model.registry_id,
            brought=len(brought),
        )


def _copies(signatures: Iterable[Signature], version: ModelVersion) -> list[Signature]:
    return [
        Signature(
            version=version,
            form=signature.form,
            document=signature.document,
            digest=signature.digest,
            added_by=version.uploader,
        )
        for signature in signatures
    ]


def _read(document: bytes) -> Document:
    if len(document) > MOST_BYTES:
        raise TooLarge(f"A signature has at most {MOST_BYTES:,} bytes.")
    try:
        return read_document(document, most=MOST_BYTES)
    except Malformed as problem:
        raise Invalid("document", str(problem)) from None


def _record(kind: Kind, signature: Signature, actor: User, **details: str) -> None:
    version = signature.version
    record(
        kind,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        digest=signature.digest,
        form=signature.form,
        **details,
    )
