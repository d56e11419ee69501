"""The signatures of a version, and what Gatehouse attests of it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes

from lib.downloads import attachment
from lib.paging import Page
from protocols.rest.endpoint import Call, Raw, View, endpoint
from protocols.rest.shapes.signatures import AttestationShape, SignatureShape, SignaturesShape
from registry.queries import find_version
from supply.attestations import CONTENT_TYPE, FILE_NAME, as_lines, attestations_of
from supply.models import Attestation
from supply.operations.signatures import MOST_BYTES, add_signature, remove_signature
from supply.signatures import Signed, find_signature, signatures_of

# Signatures are about bytes: what a reader makes of them may be another document.
_DOCUMENT = Raw(
    media_types=(
        "application/json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.dsse.envelope.v1+json",
    ),
    most=MOST_BYTES,
)


class Signatures(View):
    @endpoint("list_signatures", answers=SignaturesShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> dict[str, Any]:
        """The signatures of a version, each verified now against its files and whom its registry trusts."""
        return {"results": signatures_of(find_version(registry, name, number, actor=call.actor))}

    @endpoint("add_signature", takes_raw=_DOCUMENT, answers=SignatureShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str, name: str, number: int) -> Signed:
        """Add a signature: a Sigstore bundle (v0.3) or a DSSE envelope, as the body."""
        version = find_version(registry, name, number, actor=call.actor)
        added = add_signature(version, call.said["document"], actor=call.actor)
        return next(signed for signed in signatures_of(version) if signed.row and signed.row.pk == added.pk)


class OneSignature(View):
    @endpoint("get_signature", answers=OpenApiTypes.BINARY)
    def get(self, call: Call, registry: str, name: str, number: int, signature: int) -> HttpResponseBase:
        """The document as it was added."""
        found = find_signature(find_version(registry, name, number, actor=call.actor), signature)
        return HttpResponse(found.document, content_type="application/json", headers=_as_file("model.sig"))

    @endpoint("remove_signature")
    def delete(self, call: Call, registry: str, name: str, number: int, signature: int) -> None:
        """Remove a signature that was added."""
        version = find_version(registry, name, number, actor=call.actor)
        remove_signature(find_signature(version, signature), actor=call.actor)


class Attestations(View):
    @endpoint("list_attestations", lists=AttestationShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[Attestation]:
        """What was attested of a version, newest first."""
        version = find_version(registry, name, number, actor=call.actor)
        return call.page(attestations_of(version, actor=call.actor).defer("envelope"), "-pk")


class AttestationLines(View):
    @endpoint("download_attestations", answers=OpenApiTypes.BINARY)
    def get(self, call: Call, registry: str, name: str, number: int) -> HttpResponseBase:
        """The same as JSON lines of DSSE envelopes, for `gatehouse verify` and other tools."""
        rows = attestations_of(find_version(registry, name, number, actor=call.actor), actor=call.actor)
        return StreamingHttpResponse(as_lines(rows), content_type=CONTENT_TYPE, headers=_as_file(FILE_NAME))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff"}
