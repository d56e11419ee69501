"""Whom a registry trusts to sign, and the key that it signs with itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.models import Registry, User
from accounts.queries import find_registry
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.signatures import AnchorForm, RevocationForm, RotationForm
from lib.errors import HouseError, Invalid
from lib.paging import page_by_key
from supply.operations.anchors import add_trust_anchor, revoke_trust_anchor
from supply.operations.keys import rotate_signing_key
from supply.signatures import anchors_of, find_anchor, keys_of
from supply.signing.anchors import about

PAGE_SIZE = 50
FEW = 20  # keys of before


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def keys(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """Trust anchors and keys; a POST trusts somebody."""
    found = find_registry(registry, actor=actor)
    form = AnchorForm(request.POST) if request.method == "POST" else AnchorForm()
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            anchor = add_trust_anchor(found, said["name"], said["pem"], valid_until=form.end(), actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"Signatures by {anchor} count now.")
            return redirect("registry-keys", found.name)
    return _page(request, found, form, actor)


@require_POST
@signed_in
def revoke(request: HttpRequest, actor: User, registry: str, pk: int) -> HttpResponse:
    """Trust an anchor no more."""
    found = find_registry(registry, actor=actor)
    anchor = find_anchor(found, pk, actor=actor)
    form = RevocationForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        revoke_trust_anchor(anchor, reason, actor=actor)
    except Invalid as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{anchor} is not trusted any more.")
    return redirect("registry-keys", found.name)


@require_POST
@signed_in
def rotate(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """Sign with a new key from now on."""
    found = find_registry(registry, actor=actor)
    form = RotationForm(request.POST)
    key = rotate_signing_key(found, form.cleaned_data["reason"] if form.is_valid() else "", actor=actor)
    messages.success(request, f"{found} signs with the key {key.fingerprint[:12]}… now.")
    return redirect("registry-keys", found.name)


def _page(request: HttpRequest, found: Registry, form: AnchorForm, actor: User) -> HttpResponse:
    page = page_by_key(anchors_of(found, actor=actor), ["-pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    owned = list(keys_of(found, actor=actor)[: FEW + 1])
    may_manage = access.can(actor, Right.MANAGE, found)
    shown = {
        "registry": found,
        "page": page,
        "anchors": [(anchor, about(anchor.kind, anchor.pem)) for anchor in page.rows],
        "key": next((key for key in owned if key.retired_at is None), None),
        "retired": [key for key in owned if key.retired_at is not None][:FEW],
        "form": form if may_manage else None,
        "may_manage": may_manage,
    }
    return render(request, "pages/keys.html", shown, status=422 if form.errors else 200)
