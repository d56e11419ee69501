"""Linking an account to single sign-on, and what odd answers of the provider come to."""

import re
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from accounts.models import SsoGroup, User
from accounts.operations.people import create_person
from accounts.operations.teams import create_team
from dashboard.sign_in import adapters
from dashboard.views import account
from events.models import Event
from tests.conftest import PASSWORD
from tests.dashboard.coming import EVE, come, leave, teams_of
from tests.dashboard.signing_in import is_in, sign_in, words
from tests.services.oidc_provider import Provider


def an_hour_later(client: Client) -> None:
    """The browser was left open meanwhile."""
    session = client.session
    for one in session["account_authentication_methods"]:
        one["at"] -= 3600
    session["account_authentication_methods"] = list(session["account_authentication_methods"])
    session.save()


def test_who_found_a_browser_open_links_nothing(provider: Provider, scientist: User) -> None:
    client = sign_in()
    an_hour_later(client)
    said = {"process": "connect"}
    assert client.post("/sign-in/single", said).headers["Location"] == "/account/confirm?next=%2Faccount"
    client.post("/account/confirm", {"password": PASSWORD})
    back = provider.authorize(leave(client, **said)).removeprefix("http://testserver")
    an_hour_later(client)
    assert client.get(back).headers["Location"] == "/account/confirm?next=%2Faccount"
    assert not SocialAccount.objects.exists()
    client.post("/account/confirm", {"password": PASSWORD})
    come(provider, client, **said)
    assert SocialAccount.objects.get().user == scientist


def test_the_person_is_told_by_mail_of_a_link_and_of_its_end(
    provider: Provider, scientist: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(adapters, "tell", lambda person, what: told.append(f"{person}: {what}"))
    monkeypatch.setattr(account, "tell", lambda person, what: told.append(f"{person}: {what}"))
    client = sign_in()
    come(provider, client, process="connect")
    client.post("/account/single-sign-on/unlink")
    assert told == [
        "ada: Your account was linked to single sign-on, as Eve.Example.",
        "ada: The link of your account to single sign-on was ended.",
    ]


def test_the_name_there_is_shown_after_the_next_sign_in_too(provider: Provider) -> None:
    come(provider)
    client, _ = come(provider)
    assert "Linked to Example Inc as Eve.Example" in words(client.get("/account"))
    provider.person(**EVE | {"preferred_username": "renamed"})
    client, _ = come(provider)
    assert "Linked to Example Inc as renamed" in words(client.get("/account"))


def test_visitors_do_not_fill_the_log(provider: Provider) -> None:
    before = Event.objects.count()
    for query in ("state=x&code=y", "state=x&error=z", "code=y", ""):
        assert Client().get(f"/sign-in/single/back?{query}").status_code == 403
    assert Event.objects.count() == before
    client = Client()
    back = provider.authorize(leave(client))
    client.get(re.sub("code=[^&]+", "code=wrong", back).removeprefix("http://testserver"))
    assert Event.objects.latest("pk").kind == "sign_in.failed"


def test_the_session_of_a_visitor_is_short_until_somebody_signs_in(provider: Provider) -> None:
    client = Client()
    back = provider.authorize(leave(client))
    assert client.session.get_expiry_age() <= 3600
    client.get(back.removeprefix("http://testserver"))
    assert is_in(client)
    assert client.session.get_expiry_age() > 13 * 24 * 3600


def test_with_passwords_off_nobody_ends_the_only_way_in(
    provider: Provider, scientist: User, settings: Settings
) -> None:
    come(provider, sign_in(), process="connect")
    settings.PASSWORD_SIGN_IN = False
    client, _ = come(provider)
    page = words(client.post("/account/single-sign-on/unlink", follow=True))
    assert "Single sign-on is the only way into this account." in page
    assert SocialAccount.objects.get().user == scientist


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({"groups": ["a\0b", "ml"]}, 302),
        ({"groups": ["x\ud800", 7, None]}, 302),
        ({"preferred_username": "x\ud800"}, 302),
        ({"name": "x\ud800\0y"}, 302),
        ({"email": ["no", "text"], "email_verified": True}, 302),
        ({"email": "no address", "email_verified": True}, 403),
        ({"sub": "z\0"}, 403),
        ({"sub": "z\ud800"}, 403),
    ],
    ids=ascii,
)
def test_odd_claims_are_taken_or_refused_and_never_break(provider: Provider, odd: dict[str, Any], status: int) -> None:
    provider.person(**EVE | odd)
    _, response = come(provider)
    assert response.status_code == status


def test_a_group_that_no_database_takes_is_not_another_one(provider: Provider, system: User) -> None:
    SsoGroup.objects.create(team=create_team("fraud", actor=system), name="ab")
    provider.person(**EVE, groups=["a\0b", "a\ud800b"])
    come(provider)
    assert teams_of(User.objects.get(username="eve.example")) == set()


def test_who_says_the_address_says_whether_it_is_verified(
    provider: Provider, scientist: User, settings: Settings
) -> None:
    settings.OIDC_LINK_BY_EMAIL = True
    provider.person(**EVE, email="ada@example.org", email_verified=False)
    provider.spoil(claims={"email": None, "email_verified": True})
    client, _ = come(provider)
    assert client.get("/account").context["actor"] != scientist


def test_an_address_that_looks_alike_is_another_one(provider: Provider, system: User, settings: Settings) -> None:
    susi = create_person("susi", email="susi@example.org", password=PASSWORD, actor=system)
    settings.OIDC_LINK_BY_EMAIL = True
    provider.person(**EVE, email="ſusi@example.org", email_verified=True)
    come(provider)
    assert not SocialAccount.objects.filter(user=susi).exists()
