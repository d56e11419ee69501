"""Signatures and what they are worth, whom a registry trusts, its keys, and what it attests."""

from typing import Any

from rest_framework import serializers

from protocols.rest.shapes import LONGEST_TEXT, Name, Shape, Text


class SignerShape(Shape):
    """Who signed, as far as that is known."""

    trusted_as = Name(source="anchor", help_text="The name of the trust anchor; null when nobody is known.")
    subject = Name(help_text="Whom the certificate names; null for a bare key.")
    fingerprint = Name(help_text="SHA-256 of the key or certificate that signed, or what the document claims.")


class CoverageShape(Shape):
    """The files of the version against those that the statement names."""

    covered = serializers.IntegerField()
    total = serializers.IntegerField()
    uncovered = serializers.ListField(child=serializers.CharField(), help_text="There and not signed.")
    changed = serializers.ListField(child=serializers.CharField(), help_text="Not what was signed.")
    extra = serializers.ListField(child=serializers.CharField(), help_text="Signed and not there.")
    itself = Name(help_text="The file that is this signature, which it cannot cover.")


class SignatureShape(Shape):
    """One signature, verified at this moment. Only the state `verified` is good."""

    id = serializers.IntegerField(source="row.pk", allow_null=True, default=None, help_text="Null for a file's.")
    path = Name(help_text="The file of the version that holds it; null for one that was added.")
    form = serializers.CharField(source="row.form", allow_null=True, default=None)
    state = serializers.CharField(
        help_text="verified, unknown signer, bad signature, expired, not yet valid, revoked, covers other content, "
        "does not cover everything, or malformed"
    )
    sentence = serializers.CharField(source="verification.sentence")
    predicate_type = Name(source="verification.predicate_type")
    signer = SignerShape(source="verification.signer", allow_null=True)
    coverage = CoverageShape(source="verification.coverage", allow_null=True)
    added_by = serializers.CharField(source="row.added_by.username", allow_null=True, default=None)
    added_at = serializers.DateTimeField(source="row.added_at", allow_null=True, default=None)


class SignaturesShape(Shape):
    """Every signature of a version, those among its files first."""

    results = SignatureShape(many=True)


class AttestationShape(Shape):
    """What Gatehouse signed when a version went to where people load it from; the envelopes come as one file."""

    place = serializers.CharField()
    predicate_type = serializers.CharField()
    key = serializers.CharField(source="key.fingerprint")
    made_at = serializers.DateTimeField()


class TrustAnchorShape(Shape):
    """A public key, or an authority's certificate, whose signatures count in a registry."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    kind = serializers.CharField(help_text="key or certificate")
    fingerprint = serializers.CharField(help_text="SHA-256 of the DER form.")
    pem = serializers.CharField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)
    added_by = serializers.CharField(source="added_by.username")
    added_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.CharField(source="revoked_by.username", allow_null=True, default=None)
    revocation_reason = serializers.CharField()


class NewTrustAnchorShape(Shape):
    """Somebody to trust: a public key, or the certificate of an authority, in PEM form."""

    name = Text(most=120)
    pem = Text(most=LONGEST_TEXT)
    valid_from = serializers.DateTimeField(required=False, default=None, allow_null=True)
    valid_until = serializers.DateTimeField(required=False, default=None, allow_null=True)


class ReasonShape(Shape):
    """Why."""

    reason = Text(most=2_000)


class OptionalReasonShape(Shape):
    """Why, if there is something to say."""

    reason = Text(most=2_000, required=False, allow_blank=True, default="")


class SigningKeyShape(Shape):
    """A key that a registry signs with, or signed with: its public part."""

    fingerprint = serializers.CharField()
    pem = serializers.CharField(source="public_pem")
    made_by = serializers.CharField(source="made_by.username")
    made_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class SigningKeysShape(Shape):
    """The key that a registry signs with now, null before it first signed, and those that it signed with."""

    current = SigningKeyShape(allow_null=True)
    retired = SigningKeyShape(many=True)


def keys_in_order(rows: Any) -> dict[str, Any]:
    """The rows as that shape takes them."""
    found = list(rows)
    return {
        "current": next((key for key in found if key.retired_at is None), None),
        "retired": [key for key in found if key.retired_at is not None],
    }
