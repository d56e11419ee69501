"""A person's own access tokens and those of the service accounts that the person owns."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import ApiToken, User
from accounts.operations.tokens import create_token, revoke_token
from accounts.queries import find_token, tokens_of
from dashboard.door import signed_in
from dashboard.forms.tokens import TokenForm
from dashboard.snippets import sign_in_snippet
from lib.errors import HouseError
from lib.paging import page_by_key


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens(request: HttpRequest, actor: User) -> HttpResponse:
    """The list and the form. The answer to a POST is the only page that ever shows the secret."""
    form = TokenForm(request.POST or None)
    made: ApiToken | None = None
    secret = ""
    if form.is_valid():
        try:
            made, secret = create_token(
                actor,
                name=form.cleaned_data["name"],
                scopes=form.chosen_scopes(),
                expires_at=form.end(),
                actor=actor,
            )
            form = TokenForm()
        except HouseError as refusal:
            form.refuse(refusal)
    page = page_by_key(tokens_of(actor), ["-pk"], size=50, token=request.GET.get("page"))
    shown = {"form": form, "page": page, "made": made, "secret": secret, "snippet": sign_in_snippet(request, secret)}
    response = render(request, "pages/tokens.html", shown)
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
def revoke(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """End a token at once."""
    token = find_token(pk, actor=actor)
    revoke_token(token, actor=actor)
    messages.success(request, f"{token} was revoked. Whatever used it is signed out now.")
    return redirect("tokens")
