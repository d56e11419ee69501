"""Single sign-on with a real provider, which runs beside the test: the happy way, and every way that is refused."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import SsoGroup, User
from accounts.operations.teams import add_member, create_team
from config import environment
from events.models import Event
from tests.dashboard.coming import BACK, EVE, come, configure, leave, teams_of
from tests.dashboard.signing_in import code, is_in, sign_in, with_second_factor, words
from tests.services.oidc_provider import CLIENT_ID, Provider, serve


def test_a_new_person_comes_in_and_is_the_same_one_the_next_time(provider: Provider) -> None:
    assert "Sign in with Example Inc" in words(Client().get("/sign-in"))
    client, response = come(provider, next="/models?q=x")
    assert response.headers["Location"] == "/models?q=x"
    assert is_in(client)
    eve = User.objects.get(username="eve.example")
    assert (eve.name, eve.email, eve.has_usable_password()) == ("Eve Example", None, False)
    provider.person(**EVE | {"preferred_username": "renamed"})
    come(provider)
    assert User.objects.filter(kind=User.Kind.PERSON).count() == 1
    kinds = Event.objects.filter(subject_id=eve.pk, subject_type="User").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["person.created", "identity.linked", "sign_in.done", "sign_in.done"]
    assert Event.objects.latest("pk").details == {"way": "single sign-on"}


def test_what_is_asked_of_the_provider_is_what_we_ask(provider: Provider) -> None:
    client = Client()
    page = client.post("/sign-in/single?scope=all&auth_params=prompt%3Dnone%26nonce%3Dx", {"auth_params": "nonce=x"})
    asked = parse_qs(urlsplit(unescape(re.findall(r'url=([^"]+)"', page.content.decode())[0])).query)
    about_us, about_this = {"client_id", "redirect_uri", "response_type", "scope"}, {"state", "nonce"}
    assert set(asked) == about_us | about_this | {"code_challenge", "code_challenge_method"}
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["nonce"] != ["x"] and asked["code_challenge_method"] == ["S256"]
    assert client.get("/sign-in/single").status_code == 405


def test_a_name_that_somebody_has_is_not_taken_over(provider: Provider, scientist: User, ci_account: User) -> None:
    for number, (wish, name) in enumerate(
        [("ada", "ada-2"), ("ADA@elsewhere", "ada-3"), ("ci", "ci-2"), ("../ 'x", "x"), ("", "person"), ("Ünal", "nal")]
    ):
        provider.person(sub=f"s-{number}", preferred_username=wish)
        client, _ = come(provider)
        assert client.get("/account").context["actor"].username == name


def test_groups_of_the_provider_lead_into_teams_and_out_again(
    provider: Provider, system: User, settings: Settings
) -> None:
    fraud, risk, own = (create_team(name, actor=system) for name in ("fraud", "risk", "own"))
    for team, group in ((fraud, "ml-fraud"), (fraud, "ml-all"), (risk, "ml-risk")):
        SsoGroup.objects.create(team=team, name=group)
    provider.person(**EVE, groups=["ml-fraud", "ml-all", "unknown"])
    come(provider)
    eve = User.objects.get(username="eve.example")
    add_member(own, eve, actor=system)
    assert teams_of(eve) == {"fraud", "own"}
    provider.person(**EVE, groups=["ml-risk"])
    come(provider)
    assert teams_of(eve) == {"risk", "own"}
    lines = Event.objects.filter(kind__startswith="team.member_", details__member=eve.username).order_by("pk")
    assert [(line.kind, line.subject_name, line.actor_name) for line in lines if line.subject_name != "own"] == [
        ("team.member_added", "fraud", "system"),
        ("team.member_added", "risk", "system"),
        ("team.member_removed", "fraud", "system"),
    ]
    come(provider)
    assert Event.objects.filter(kind__startswith="team.member_").count() == lines.count()
    settings.OIDC_GROUPS_CLAIM = "roles"
    provider.person(**EVE, groups=["ml-risk"], roles="ml-all")
    come(provider)
    assert teams_of(eve) == {"fraud", "own"}


def test_administrators_and_auditors_follow_groups_where_these_are_named(
    provider: Provider, settings: Settings, administrator: User
) -> None:
    settings.OIDC_ADMINISTRATORS_GROUP, settings.OIDC_AUDITORS_GROUP = "admins", "auditors"
    for groups, expected in (
        (["admins"], (True, False, True)),
        (["admins", "auditors"], (True, False, True)),
        (["auditors"], (False, True, False)),
        ([], (False, False, False)),
    ):
        provider.person(**EVE, groups=groups)
        come(provider)
        eve = User.objects.get(username="eve.example")
        assert (eve.is_superuser, eve.is_auditor, eve.is_staff) == expected
    settings.OIDC_ADMINISTRATORS_GROUP = settings.OIDC_AUDITORS_GROUP = ""
    User.objects.filter(pk=eve.pk).update(is_auditor=True)
    come(provider)
    assert User.objects.get(pk=eve.pk).is_auditor, "without a named group the provider has no say"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": [CLIENT_ID, "another"], "azp": "another"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"nonce": "of another sign-in"}},
        {"claims": {"nonce": None}},
        {"claims": {"exp": 1_000_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": "x" * 192}},
        {"key": "unpublished"},
        {"alg": "none"},
        {"alg": "HS256"},
    ],
    ids=str,
)
def test_an_identity_token_that_does_not_hold_is_refused(provider: Provider, spoilt: dict[str, Any]) -> None:
    provider.spoil(**spoilt)
    client, response = come(provider)
    assert response.status_code == 403
    assert "was not accepted" in words(response)
    assert not is_in(client)
    assert not User.objects.filter(kind=User.Kind.PERSON).exists()
    assert Event.objects.latest("pk").kind == "sign_in.failed"


@pytest.mark.parametrize(
    "change",
    [
        lambda back: re.sub("state=[^&]+", "state=wrong", back),
        lambda back: re.sub("state=[^&]+&?", "", back),
        lambda back: re.sub("code=[^&]+", "code=wrong", back),
        lambda back: re.sub("code=[^&]+&?", "", back),
    ],
    ids=["wrong state", "no state", "wrong code", "no code"],
)
def test_an_answer_to_no_question_of_ours_is_refused(provider: Provider, change: Any) -> None:
    client = Client()
    response = client.get(change(provider.authorize(leave(client))))
    assert response.status_code == 403
    assert not is_in(client)


def test_an_answer_that_somebody_else_got_signs_nobody_in(provider: Provider) -> None:
    back = provider.authorize(leave(Client()))
    victim = Client()
    leave(victim)
    assert victim.get(back).status_code == 403
    assert not is_in(victim)


def test_an_answer_works_once(provider: Provider) -> None:
    client = Client()
    back = provider.authorize(leave(client))
    assert client.get(back).status_code == 302
    client.post("/sign-out")
    assert client.get(back).status_code == 403
    assert not is_in(client)


def test_the_codes_of_another_browser_do_not_fit_pkce(provider: Provider) -> None:
    thief, victim = Client(), Client()
    stolen = parse_qs(urlsplit(provider.authorize(leave(victim))).query)["code"][0]
    own = provider.authorize(leave(thief))
    assert thief.get(re.sub("code=[^&]+", f"code={stolen}", own)).status_code == 403


def test_who_presses_refuse_is_back_on_the_sign_in_page(provider: Provider) -> None:
    client = Client()
    response = client.get(provider.authorize(leave(client), agree=False), follow=True)
    assert "You did not sign in." in words(response)


def test_where_nobody_is_created_a_stranger_is_told_so(provider: Provider, settings: Settings) -> None:
    settings.OIDC_CREATE_PEOPLE = False
    client, response = come(provider)
    assert response.status_code == 403
    assert "Ask an administrator for an account." in words(response)
    assert not is_in(client)


def test_a_deactivated_person_stays_outside(provider: Provider) -> None:
    come(provider)
    User.objects.filter(username="eve.example").update(is_active=False)
    client, response = come(provider)
    assert "not active" in words(response)
    assert not is_in(client)


@pytest.mark.parametrize("verified", [True, False, "true", None])
def test_nobody_is_found_by_e_mail(provider: Provider, scientist: User, verified: object) -> None:
    provider.person(**EVE, email="ada@example.org", email_verified=verified)
    client, response = come(provider)
    if verified is True:
        assert "link single sign-on" in words(response)
        assert not is_in(client)
    else:
        assert client.get("/account").context["actor"].username == "eve.example"
        assert User.objects.get(username="eve.example").email is None


def test_where_the_operator_allows_it_a_verified_address_links(
    provider: Provider, scientist: User, settings: Settings
) -> None:
    settings.OIDC_LINK_BY_EMAIL = True
    provider.person(**EVE, email="ADA@example.org", email_verified=False)
    client, _ = come(provider)
    assert client.get("/account").context["actor"].username == "eve.example"
    provider.person(**EVE | {"sub": "e-2"}, email="ADA@example.org", email_verified=True)
    client, _ = come(provider)
    assert client.get("/account").context["actor"] == scientist
    provider.person(**EVE | {"sub": "e-3"}, email="ada@example.org", email_verified=True)
    client, response = come(provider)
    assert response.status_code == 403, "one identity a person"


def test_a_person_links_and_unlinks_an_account(provider: Provider, scientist: User, stranger: User) -> None:
    client = sign_in()
    assert "Not linked to Example Inc" in words(client.get("/account"))
    _, response = come(provider, client, process="connect")
    assert response.headers["Location"] == "/account"
    assert "Linked to Example Inc as Eve.Example" in words(client.get("/account"))
    other, _ = come(provider)
    assert other.get("/account").context["actor"] == scientist
    _, response = come(provider, sign_in("stranger"), process="connect")
    assert "is linked to an account here already" in words(response)
    client.post("/account/single-sign-on/unlink")
    assert "Not linked" in words(client.get("/account"))
    other, _ = come(provider)
    assert other.get("/account").context["actor"] != scientist


def test_whose_only_way_in_it_is_keeps_it(provider: Provider) -> None:
    client, _ = come(provider)
    client.post("/account/single-sign-on/unlink")
    assert "Linked to Example Inc" in words(client.get("/account"))
    assert client.get("/account/password").status_code == 404


def test_the_second_factor_is_asked_for_as_well(provider: Provider) -> None:
    come(provider)
    key, _ = with_second_factor(User.objects.get(username="eve.example"))
    client, response = come(provider)
    assert response.headers["Location"] == "/sign-in/code"
    assert not is_in(client)
    client.post("/sign-in/code", {"code": code(key)})
    assert is_in(client)


def test_with_passwords_switched_off_only_this_way_is_left(
    provider: Provider, scientist: User, settings: Settings
) -> None:
    settings.PASSWORD_SIGN_IN = False
    page = words(Client().get("/sign-in"))
    assert "Sign in with Example Inc" in page and "Password" not in page
    assert not is_in(sign_in())
    client, _ = come(provider)
    assert is_in(client)
    assert client.get("/account/second-factor/new").status_code == 200


def test_a_provider_that_is_away_is_told_on_a_page(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for issuer in ("http://127.0.0.1:1", f"{provider.issuer}/elsewhere"):
        configure(provider, settings, monkeypatch, OIDC_ISSUER=issuer)
        response = Client().post("/sign-in/single")
        assert response.status_code == 503
        assert "Example Inc does not answer" in words(response)


def test_a_wrong_client_secret_lets_nobody_in(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(provider, settings, monkeypatch, OIDC_CLIENT_SECRET="wrong")
    client, response = come(provider)
    assert response.status_code == 403
    assert not is_in(client)


def test_the_same_subject_of_another_issuer_is_somebody_else(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    come(provider)
    with serve(tmp_path) as other:
        other.register(BACK)
        other.person(**EVE)
        configure(other, settings, monkeypatch)
        client, _ = come(other)
    assert client.get("/account").context["actor"].username == "eve.example-2"


def test_without_an_issuer_there_is_no_such_door(client: Client, system: User) -> None:
    assert client.post("/sign-in/single").status_code == 404
    assert client.get("/sign-in/single/back").status_code == 404
    assert "Sign in with" not in words(client.get("/sign-in"))


@pytest.mark.parametrize("issuer", ["http://login.example.org", "ftp://x", "login.example.org"])
def test_an_issuer_is_asked_over_https(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    monkeypatch.setenv("OIDC_ISSUER", issuer)
    monkeypatch.setenv("OIDC_CLIENT_ID", "x")
    with pytest.raises(ValueError, match="https"):
        environment.single_sign_on()
