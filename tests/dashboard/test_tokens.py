"""The page of access tokens."""

from collections.abc import Callable

from django.test import Client

from accounts.authentication import with_token
from accounts.models import ApiToken, User
from accounts.rights import Scope


def test_the_secret_is_shown_once(as_user: Callable[[User], Client], scientist: User) -> None:
    client = as_user(scientist)
    response = client.post("/tokens", {"name": "laptop", "scopes": ["read", "write"], "days": "30"})
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert with_token(secret).scopes == frozenset({Scope.READ, Scope.WRITE})
    later = client.get("/tokens").content.decode()
    assert secret not in later
    assert secret[:10] in later


def test_what_is_missing_is_told_beside_the_field(as_user: Callable[[User], Client], scientist: User) -> None:
    page = as_user(scientist).post("/tokens", {"name": " ", "days": "4000"}).content.decode()
    assert 'id="id_name_error"' in page
    assert 'id="id_scopes_error"' in page
    assert 'id="id_days_error"' in page
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_marked(
    as_user: Callable[[User], Client], scientist: User, token_of: Callable[..., str]
) -> None:
    token_of(scientist)
    token = ApiToken.objects.get()
    client = as_user(scientist)
    page = client.post(f"/tokens/{token.pk}/revoke", follow=True).content.decode()
    assert "was revoked" in page
    assert "Revoked</span>" in page
    again = client.post(f"/tokens/{token.pk}/revoke", follow=True).content.decode()
    assert "was revoked before" in again


def test_tokens_of_others_are_not_there(
    as_user: Callable[[User], Client], scientist: User, stranger: User, token_of: Callable[..., str]
) -> None:
    token_of(scientist)
    client = as_user(stranger)
    assert "No tokens yet" in client.get("/tokens").content.decode()
    assert client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke").status_code == 404
    assert ApiToken.objects.get().is_open
