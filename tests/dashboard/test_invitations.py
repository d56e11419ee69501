"""The list of invitations, and the public page where a link becomes an account."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Invitation, User
from accounts.operations.invitations import invite_person, withdraw_invitation
from accounts.operations.teams import create_team
from tests.conftest import PASSWORD

AsUser = Callable[[User], Client]
FORM = {"username": "eve", "display_name": "Eve", "password": PASSWORD, "again": PASSWORD}


def test_an_administrator_invites_and_copies_the_link(
    as_user: AsUser, client: Client, administrator: User, system: User
) -> None:
    create_team("fraud", actor=system)
    browser = as_user(administrator)
    response = browser.post("/invitations", {"email": "eve@example.org", "teams": ["fraud"]})
    page = response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert "No mail was sent" in page
    (link,) = set(re.findall(r"http://testserver(/invitations/[\w-]{40,})", page))
    assert link not in browser.get("/invitations").content.decode()
    accepted = client.post(link, FORM)
    assert accepted.status_code == 302
    assert 'value="eve"' in client.get(accepted.headers["Location"]).content.decode()
    person = User.objects.get(username="eve")
    assert set(person.groups.values_list("name", flat=True)) == {"fraud", "person:eve"}
    listed = browser.get("/invitations").content.decode()
    assert "is eve" in listed
    assert "accepted <time" in listed
    assert "from now" not in listed


def test_teams_are_ticked_and_the_week_is_a_week(as_user: AsUser, administrator: User, system: User) -> None:
    browser = as_user(administrator)
    assert 'name="teams"' not in browser.get("/invitations").content.decode()
    create_team("fraud", actor=system)
    invite_person("eve@example.org", actor=administrator)
    page = browser.get("/invitations").content.decode()
    assert '<input type="checkbox" name="teams" value="fraud"' in page
    assert "7 days from now" in page


def test_what_is_wrong_is_told_beside_the_field(as_user: AsUser, administrator: User, scientist: User) -> None:
    browser = as_user(administrator)
    assert 'id="id_email_error"' in browser.post("/invitations", {"email": "eve"}).content.decode()
    response = browser.post("/invitations", {"email": "ada@example.org"})
    assert response.status_code == 422
    assert "has an account" in response.content.decode()


def test_a_withdrawn_invitation_is_marked(as_user: AsUser, administrator: User) -> None:
    invitation, _ = invite_person("eve@example.org", actor=administrator)
    browser = as_user(administrator)
    page = browser.post(f"/invitations/{invitation.pk}/withdraw", follow=True).content.decode()
    assert "was withdrawn" in page
    assert "Withdrawn</span>" in page
    again = browser.post(f"/invitations/{invitation.pk}/withdraw", follow=True).content.decode()
    assert "accepted or withdrawn before" in again


def test_others_do_not_see_the_list(as_user: AsUser, maintainer: User, administrator: User) -> None:
    invitation, _ = invite_person("eve@example.org", actor=administrator)
    browser = as_user(maintainer)
    for response in (
        browser.get("/invitations"),
        browser.post("/invitations", {"email": "x@example.org"}),
        browser.post(f"/invitations/{invitation.pk}/withdraw"),
    ):
        assert response.status_code == 403
        assert "eve@example.org" not in response.content.decode()
    assert Invitation.objects.get().is_open
    assert Client().get("/invitations").status_code == 302


def test_the_page_of_a_link_keeps_its_address_to_itself(client: Client, administrator: User) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    for response in (client.get(f"/invitations/{secret}"), client.get("/invitations/wrong")):
        assert response.headers["Referrer-Policy"] == "strict-origin"
        assert "no-store" in response.headers["Cache-Control"]
        assert "http://" not in response.content.decode().replace("http://www.w3.org", "")


@pytest.mark.parametrize("method", ["get", "post"])
def test_links_that_do_not_work_answer_alike(client: Client, administrator: User, method: str) -> None:
    withdrawn, secret = invite_person("eve@example.org", actor=administrator)
    withdraw_invitation(withdrawn, actor=administrator)
    _, used = invite_person("eva@example.org", actor=administrator)
    assert Client().post(f"/invitations/{used}", {**FORM, "username": "eva"}).status_code == 302
    pages = [
        getattr(client, method)(f"/invitations/{link}", FORM) for link in (secret, used, "wrong", "x" * 5000, "%00")
    ]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert "ask whoever invited you" in pages[0].content.decode()
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short", "again": "short"}, "password"),
        ({"again": "another one"}, "again"),
        ({"username": "Eve Smith"}, "username"),
        ({"username": ""}, "username"),
        ({"password": "", "again": ""}, "password"),
    ],
)
def test_what_is_wrong_with_the_account_is_told_and_the_link_stays(
    client: Client, administrator: User, change: dict[str, str], field: str
) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    response = client.post(f"/invitations/{secret}", {**FORM, **change})
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert PASSWORD not in response.content.decode()
    assert client.post(f"/invitations/{secret}", FORM).status_code == 302


def test_the_form_needs_its_own_page(administrator: User) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/invitations/{secret}", FORM, headers={"Origin": "https://evil.example"}).status_code == 403
    assert not User.objects.filter(username="eve").exists()
