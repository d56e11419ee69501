"""The signatures of a version: who signed what, what is not covered, how to verify it elsewhere, what is attested."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import TreeFile
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.signatures import SignatureForm
from dashboard.snippets import attestation_snippet, verify_snippet
from lib.downloads import attachment
from lib.errors import HouseError
from lib.paging import Page, page_by_key
from registry.models import ModelVersion
from registry.queries import find_version, open_placements
from scanning.queries import latest_scan
from supply.attestations import CONTENT_TYPE, FILE_NAME, as_lines, attestations_of
from supply.operations.signatures import add_signature, remove_signature
from supply.signatures import Signed, find_signature, signatures_of
from supply.signing.verification import State

PAGE_SIZE = 200
FEW = 20  # attestations, of the newest moves


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def signatures(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Every signature with what it is worth now; a POST adds one."""
    found = find_version(registry, name, number, actor=actor)
    form = SignatureForm(request.POST, request.FILES) if request.method == "POST" else SignatureForm()
    if form.is_bound and form.is_valid():
        try:
            added = add_signature(found, form.document(), actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            signed = next(signed for signed in signatures_of(found) if signed.row and signed.row.pk == added.pk)
            say = messages.success if signed.verification.is_verified else messages.warning
            say(request, f"The signature was added. {signed.verification.sentence}")
            return redirect(address(found, "version-signatures"))
    return _page(request, found, form, actor)


@require_safe
@signed_in
def signature(request: HttpRequest, actor: User, registry: str, name: str, number: int, pk: int) -> HttpResponse:
    """The document as it was added, as a download."""
    found = find_signature(find_version(registry, name, number, actor=actor), pk)
    return HttpResponse(found.document, content_type="application/json", headers=_as_file("model.sig"))


@require_POST
@signed_in
def remove(request: HttpRequest, actor: User, registry: str, name: str, number: int, pk: int) -> HttpResponse:
    """Take a signature away."""
    found = find_version(registry, name, number, actor=actor)
    remove_signature(find_signature(found, pk), actor=actor)
    messages.success(request, "The signature was removed.")
    return redirect(address(found, "version-signatures"))


@require_safe
@signed_in
def attestations(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponseBase:
    """What was attested, as JSON lines of envelopes."""
    rows = attestations_of(find_version(registry, name, number, actor=actor), actor=actor)
    return StreamingHttpResponse(as_lines(rows), content_type=CONTENT_TYPE, headers=_as_file(FILE_NAME))


def _page(request: HttpRequest, found: ModelVersion, form: SignatureForm, actor: User) -> HttpResponse:
    signed = signatures_of(found)
    files = found.tree.files.select_related("blob") if found.tree else TreeFile.objects.none()
    page = page_by_key(files, ["path"], size=PAGE_SIZE, token=request.GET.get("page"))
    shown = {
        "version": found,
        "model": found.model,
        "scan": latest_scan(found.tree),
        "held": open_placements([found]).get(found.pk, []),
        "signed": signed,
        "rows": _covered(page, signed),
        "next_token": page.next_token,
        "attestations": attestations_of(found, actor=actor).defer("envelope")[:FEW],
        "verify_snippet": verify_snippet(found, signed),
        "attestation_snippet": attestation_snippet(request, found),
        "may_download": access.can(actor, Right.DOWNLOAD, found),
        "form": form if found.tree and access.can(actor, Right.EDIT, found) else None,
    }
    return render(request, "pages/version_signatures.html", shown, status=422 if form.errors else 200)


def _covered(page: Page[TreeFile], signed: Sequence[Signed]) -> list[tuple[TreeFile, list[str], bool]]:
    """Each file with the names of those who are trusted now and signed these bytes, and whether it is a signature."""
    trusted = []
    spared = {coverage.itself for one in signed if (coverage := one.verification.coverage) and coverage.itself}
    for one in signed:
        signer, coverage = one.verification.signer, one.verification.coverage
        if signer and coverage and signer.state is State.VERIFIED:
            trusted.append((signer.subject or signer.anchor, {*coverage.uncovered, *coverage.changed, coverage.itself}))
    rows = []
    for file in page.rows:
        names = list(dict.fromkeys(name for name, without in trusted if file.path not in without))
        rows.append((file, names, file.path in spared))
    return rows


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
