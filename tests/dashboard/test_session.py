"""Signing in and out."""

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD

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
