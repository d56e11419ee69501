"""The pages of access tokens."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.authentication import with_token
from accounts.models import ApiToken, User
from accounts.operations.tokens import create_token, rotate_token
from accounts.rights import Scope
from lib.errors import Unauthenticated
from registry.models import RegisteredModel


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
    for change in ("revoke", "rotate"):
        assert client.post(f"/tokens/{ApiToken.objects.get().pk}/{change}").status_code == 404
    assert ApiToken.objects.get().is_open


MADE = {"name": "laptop", "scopes": ["read", "write"], "days": "30"}


def test_the_owner_is_chosen_among_oneself_and_ones_machines(
    as_user: Callable[[User], Client], scientist: User, maintainer: User, ci_account: User
) -> None:
    client = as_user(scientist)
    assert client.post("/tokens", {**MADE, "owner": "ci"}).context["made"].owner == ci_account
    assert client.post("/tokens", {**MADE, "owner": "ada"}).context["made"].owner == scientist
    refused = client.post("/tokens", {**MADE, "owner": "mary"}).content.decode()
    assert 'id="id_owner_error"' in refused
    assert 'name="owner"' not in as_user(maintainer).get("/tokens").content.decode()


def test_a_token_is_only_for_a_registry_or_a_model(
    as_user: Callable[[User], Client], scientist: User, model: RegisteredModel
) -> None:
    client = as_user(scientist)
    for given in ("main", "main/iris"):
        assert client.post("/tokens", {**MADE, "good_for": given}).context["made"].limit_name == given
    assert "only for main/iris" in client.get("/tokens").content.decode()
    for given in ("none", "main/none", "main/iris/x", "/iris"):
        page = client.post("/tokens", {**MADE, "good_for": given})
        assert 'id="id_good_for_error"' in page.content.decode() or given == "/iris"
        assert page.context["secret"] == "" or given == "/iris"


def test_the_page_tells_of_the_longest_life(
    as_user: Callable[[User], Client], scientist: User, ci_account: User, settings: Settings
) -> None:
    settings.TOKEN_LONGEST_LIFE_DAYS, settings.TOKEN_LONGEST_LIFE_DAYS_SERVICE = 60, 7
    client = as_user(scientist)
    page = client.get("/tokens").content.decode()
    assert "60 days at most. Of a service account 7 days." in page
    assert 'value="90"' not in page
    refused = client.post("/tokens", {**MADE, "owner": "ci"}).content.decode()
    assert 'id="id_days_error"' in refused
    assert "within 7 days" in refused


def test_a_token_is_rotated_and_the_new_secret_shown_once(as_user: Callable[[User], Client], scientist: User) -> None:
    old, secret = create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    client = as_user(scientist)
    assert "The old token ends" in client.get(f"/tokens/{old.pk}/rotate").content.decode()
    made = client.post(f"/tokens/{old.pk}/rotate", {"overlap_hours": "0"})
    assert "no-store" in made.headers["Cache-Control"]
    assert with_token(made.context["secret"]) == scientist
    with pytest.raises(Unauthenticated):
        with_token(secret)
    page = client.get("/tokens").content.decode()
    assert made.context["secret"] not in page
    assert f"in place of <code>{old.prefix}" in page
    again = client.post(f"/tokens/{old.pk}/rotate", {"overlap_hours": "0"})
    assert again.status_code == 422
    assert "has ended" in again.content.decode()
    assert (
        'id="id_overlap_hours_error"'
        in client.post(f"/tokens/{old.pk}/rotate", {"overlap_hours": "9"}).content.decode()
    )


def test_what_ends_a_token_asks_first_and_the_way_back_is_there(
    as_user: Callable[[User], Client], scientist: User, administrator: User, ci_account: User
) -> None:
    create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    create_token(ci_account, name="pipeline", scopes=[Scope.READ], actor=scientist)
    laptop, pipeline = ApiToken.objects.order_by("pk")
    page = as_user(scientist).get("/tokens").content.decode()
    assert page.count('<details class="fold">') == 2
    assert 'Yes, revoke<span class="unseen"> laptop' in page
    assert f"/tokens/{laptop.pk}/rotate" in page
    client = as_user(administrator)
    everybodys = client.get("/tokens/all").content.decode()
    assert f"/tokens/{laptop.pk}/rotate" not in everybodys
    assert f"/tokens/{pipeline.pk}/rotate" in everybodys
    assert 'href="/service-accounts/ci">Back' in client.get(f"/tokens/{pipeline.pk}/rotate").content.decode()
    assert 'href="/tokens">Back' in as_user(scientist).get(f"/tokens/{laptop.pk}/rotate").content.decode()


def test_everybodys_tokens_are_for_administrators_and_auditors(
    as_user: Callable[[User], Client], scientist: User, administrator: User, ci_account: User
) -> None:
    token, _ = create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    rotate_token(token, actor=scientist)
    create_token(ci_account, name="pipeline", scopes=[Scope.READ], actor=scientist)
    assert as_user(scientist).get("/tokens/all").status_code == 403
    client = as_user(administrator)
    page = client.get("/tokens/all").content.decode()
    assert "laptop" in page and "pipeline" in page
    assert "Revoke all" not in page
    page = client.get("/tokens/all?owner=ada&state=open").content.decode()
    assert "laptop" in page and "pipeline" not in page
    assert "Revoke all tokens of ada" in page
    assert "No such tokens" in client.get("/tokens/all?owner=nobody").content.decode()
    assert client.get("/tokens/all?state=lost").status_code == 200
    done = client.post("/tokens/all/revoke", {"owner": "ada", "back": "/tokens/all?owner=ada"}, follow=True)
    assert "1 token was revoked. ada has none that signs in now." in done.content.decode()
    assert done.redirect_chain[0][0] == "/tokens/all?owner=ada"
    assert as_user(scientist).post("/tokens/all/revoke", {"owner": "root"}).status_code == 404

    auditor = User.objects.create(username="audrey", email="audrey@example.org", is_auditor=True)
    seen = as_user(auditor).get("/tokens/all").content.decode()
    assert "pipeline" in seen
    assert "/revoke" not in seen
    pk = ApiToken.objects.get(name="pipeline").pk
    assert as_user(auditor).post(f"/tokens/{pk}/revoke").status_code == 403


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_a_button_leads_back_to_our_own_pages_only(
    as_user: Callable[[User], Client], scientist: User, back: str
) -> None:
    token, _ = create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    assert as_user(scientist).post(f"/tokens/{token.pk}/revoke", {"back": back})["Location"] == "/tokens"
