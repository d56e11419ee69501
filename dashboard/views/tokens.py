"""Access tokens: a person's own, those of the service accounts that the person owns, and everybody's."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.models import ApiToken, User
from accounts.operations.tokens import create_token, revoke_token, revoke_tokens_of, rotate_token
from accounts.queries import all_tokens, find_account, find_token, machines_of, tokens_of
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.tokens import RotationForm, TokenForm, TokenSearchForm
from dashboard.snippets import sign_in_snippet
from lib.errors import HouseError
from lib.paging import page_by_key

PAGE_SIZE = 50
_MOST_OWNERS = 200  # in the choice; further service accounts have the form on their own pages


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens(request: HttpRequest, actor: User) -> HttpResponse:
    """The list and the form. The answer to a POST is the only page that ever shows the secret."""
    form, made, secret = new_token(request, actor, [actor, *machines_of(actor).filter(owner=actor)[:_MOST_OWNERS]])
    # Those of jobs are many and short; they stand on the page of their service account.
    rows = tokens_of(actor).filter(workload=None)
    shown = {
        "form": form,
        "page": page_by_key(rows, ["-pk"], size=PAGE_SIZE, token=request.GET.get("page")),
        "made": made,
        "secret": secret,
        "snippet": sign_in_snippet(request, secret),
        "may_see_all": access.can(actor, Right.AUDIT, None),
    }
    return unkept(render(request, "pages/tokens.html", shown), secret)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def rotate(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """Ask when the old one ends; the answer to a POST shows the new secret, this once."""
    token, form = find_token(pk, actor=actor), RotationForm(request.POST or None)
    made: ApiToken | None = None
    secret = ""
    if form.is_valid():
        try:
            made, secret = rotate_token(token, overlap=form.overlap(), actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
    shown = {
        "token": token,
        "form": form,
        "made": made,
        "secret": secret,
        "snippet": sign_in_snippet(request, secret),
    }
    return unkept(render(request, "pages/token_rotate.html", shown, status=422 if form.errors else 200), secret)


@require_safe
@signed_in
def everybodys(request: HttpRequest, actor: User) -> HttpResponse:
    """All tokens, by account and state; for administrators and auditors."""
    form = TokenSearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    owner, state = asked.get("owner", "").strip(), asked.get("state", "")
    rows = all_tokens(actor=actor, owner=owner, state=ApiToken.State(state) if state else None)
    shown = {
        "form": form,
        "owner": owner,
        "page": page_by_key(rows, ["-pk"], size=PAGE_SIZE, token=request.GET.get("page")),
        "may_revoke": access.can(actor, Right.ADMINISTER, None),
    }
    return render(request, "pages/tokens_all.html", shown)


@require_POST
@signed_in
def revoke(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """End a token at once."""
    token = find_token(pk, actor=actor)
    revoke_token(token, actor=actor)
    messages.success(request, f"{token} was revoked. Whatever used it is signed out now.")
    return _back(request)


@require_POST
@signed_in
def revoke_all(request: HttpRequest, actor: User) -> HttpResponse:
    """End all tokens of an account at once."""
    owner = find_account(request.POST.get("owner", ""), actor=actor)
    count = revoke_tokens_of(owner, actor=actor)
    said = "1 token was" if count == 1 else f"{count} tokens were"
    messages.success(request, f"{said} revoked. {owner.name} has none that signs in now.")
    return _back(request)


def new_token(
    request: HttpRequest, actor: User, owners: list[User], *, is_meant: bool = True
) -> tuple[TokenForm, ApiToken | None, str]:
    """The form, and what a POST of it has made; `is_meant` is False where another form of the page was sent."""
    form = TokenForm((request.POST or None) if is_meant else None, owners=owners)
    if not form.is_valid():
        return form, None, ""
    try:
        made, secret = create_token(
            form.chosen_owner(),
            name=form.cleaned_data["name"],
            scopes=form.chosen_scopes(),
            expires_at=form.end(),
            limit=form.limit(actor=actor),
            actor=actor,
        )
    except HouseError as refusal:
        form.refuse(refusal)
        return form, None, ""
    return TokenForm(owners=owners), made, secret


def unkept(response: HttpResponse, secret: str) -> HttpResponse:
    """The page; nobody keeps one with a secret on it."""
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the button was on, if it is one of ours."""
    page = request.POST.get("back", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, None)
    return redirect(page if is_ours else "tokens")
