"""Signing in and out, and forgotten passwords."""

import re
import threading

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.conftest import PASSWORD
from tests.dashboard.signing_in import is_in, sign_in, words

WRONG = "The user name or the password is wrong."


@pytest.mark.parametrize("name", ["ada", "ADA@example.org"])
def test_people_sign_in_by_name_or_by_e_mail(client: Client, scientist: User, name: str) -> None:
    response = client.post("/sign-in", {"username": name, "password": PASSWORD})
    assert response.headers["Location"] == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("name", ["ada", "nobody-of-that-name"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: Client, scientist: User, name: str) -> None:
    response = client.post("/sign-in", {"username": name, "password": "wrong"})
    assert response.status_code == 200
    assert WRONG in response.content.decode()
    assert client.get("/").headers["Location"] == "/sign-in?next=/"


def test_a_sleeping_account_is_told_nothing_more(client: Client, scientist: User) -> None:
    User.objects.filter(pk=scientist.pk).update(is_active=False)
    response = client.post("/sign-in", {"username": "ada", "password": PASSWORD})
    assert WRONG in response.content.decode()


def test_after_sign_in_people_are_where_they_wanted_to_be(client: Client, scientist: User) -> None:
    assert client.get("/models?q=iris").headers["Location"] == "/sign-in?next=/models%3Fq%3Diris"
    response = client.post("/sign-in", {"username": "ada", "password": PASSWORD, "next": "/models?q=iris"})
    assert response.headers["Location"] == "/models?q=iris"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client: Client, scientist: User, elsewhere: str) -> None:
    response = client.post("/sign-in", {"username": "ada", "password": PASSWORD, "next": elsewhere})
    assert response.headers["Location"] == "/"


def test_signing_out_needs_a_form(client: Client, scientist: User) -> None:
    client.force_login(scientist)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/tokens", "/reviews/1"])
def test_a_form_from_elsewhere_is_refused(scientist: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scientist)
    response = client.post(path, {}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert "form was out of date" in response.content.decode()


def test_the_session_key_changes(client: Client, scientist: User) -> None:
    client.get("/sign-in")
    client.session["x"] = 1
    client.session.save()
    before = client.session.session_key
    sign_in(client=client)
    assert is_in(client)
    assert client.session.session_key != before


def test_machines_and_the_system_have_no_door(ci_account: User, system: User) -> None:
    for account in (ci_account, system):
        User.objects.filter(pk=account.pk).update(password=User.objects.get(username="ada").password)
        assert not is_in(sign_in(account.username))


def test_after_many_wrong_passwords_the_page_says_that_one_waits(client: Client, scientist: User) -> None:
    for _ in range(10):
        client.post("/sign-in", {"username": "ada", "password": "wrong"})
    response = client.post("/sign-in", {"username": "ada", "password": PASSWORD})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "Too many wrong passwords" in words(response)
    assert not is_in(client)


@pytest.mark.parametrize("path", ["signup", "email", "confirm-email", "social/signup", "password/set", "2fa"])
def test_what_is_not_offered_has_no_address(client: Client, scientist: User, path: str) -> None:
    sign_in(client=client)
    for start in ("/accounts/", "/account/", "/sign-in/", "/"):
        assert client.get(f"{start}{path}").status_code == 404
        assert client.get(f"{start}{path}/").status_code == 404


def test_passwords_can_be_switched_off(client: Client, scientist: User, settings: Settings) -> None:
    settings.PASSWORD_SIGN_IN = False
    assert "Nobody can sign in here" in words(client.get("/sign-in"))
    assert not is_in(sign_in())
    assert client.get("/sign-in/forgotten").status_code == 404


def test_without_a_mail_server_the_page_says_so(client: Client, scientist: User) -> None:
    assert "not connected to a mail server" in words(client.get("/sign-in/forgotten"))
    assert client.post("/sign-in/forgotten", {"email": "ada@example.org"}).status_code == 403
    assert not mail.outbox


def test_a_forgotten_password_is_replaced_by_a_link(client: Client, scientist: User, settings: Settings) -> None:
    settings.MAIL_IS_SENT = True
    there, link = sign_in(), mailed_link(client, "ADA@example.org")
    form = client.get(link, follow=True)
    action = re.search(r'action="(/sign-in/new-password/[^"]+)"', form.content.decode())
    assert action and "set-password" in action[1], "the secret is not in the address of the form"
    weak = client.post(action[1], {"password1": "short", "password2": "short"})
    assert "too short" in words(weak)
    client.post(action[1], {"password1": "four words of one sentence", "password2": "four words of one sentence"})
    assert not is_in(there)
    assert is_in(sign_in(password="four words of one sentence"))
    assert "does not work any more" in words(Client().get(link, follow=True)), "a link works once"


def test_the_answer_is_the_same_whether_anybody_has_the_address(
    client: Client, scientist: User, settings: Settings
) -> None:
    settings.MAIL_IS_SENT = True
    known = client.post("/sign-in/forgotten", {"email": "ada@example.org"}, follow=True)
    unknown = client.post("/sign-in/forgotten", {"email": "nobody@example.org"}, follow=True)
    posted()
    assert known.content == unknown.content
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def mailed_link(client: Client, address: str) -> str:
    client.post("/sign-in/forgotten", {"email": address})
    posted()
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def posted() -> None:
    """Wait until mail is on its way."""
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()
