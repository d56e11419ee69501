"""Invitations in the native API."""

from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.operations.teams import create_team
from tests.conftest import PASSWORD
from tests.protocols.rest.conftest import Api, refused


def test_the_link_is_shown_once_and_makes_the_account(
    client: Client, api: Api, administrator: User, system: User, settings: Settings
) -> None:
    settings.MAIL_IS_SENT = True
    create_team("fraud", actor=system)
    root = api(administrator)
    made = root.post("/invitations", {"email": "eve@example.org", "teams": ["fraud"]})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    link = made.json()["link"]
    assert made.json()["mail_was_sent"]
    assert link in mail.outbox[0].body
    assert link.startswith("http://testserver/invitations/")
    listed = root.get("/invitations")
    assert listed.json()["results"][0]["teams"] == ["fraud"]
    assert link.rpartition("/")[2].encode() not in listed.content
    form = {"username": "eve", "password": PASSWORD, "again": PASSWORD}
    assert client.post(link.removeprefix("http://testserver"), form).status_code == 302
    (row,) = root.get("/invitations").json()["results"]
    assert (row["state"], row["accepted_by"]) == ("accepted", "eve")


def test_a_withdrawn_link_does_not_work(client: Client, api: Api, administrator: User) -> None:
    root = api(administrator)
    made = root.post("/invitations", {"email": "eve@example.org"}).json()
    assert not made["mail_was_sent"]
    assert root.delete(f"/invitations/{made['id']}").status_code == 204
    refused(root.delete(f"/invitations/{made['id']}"), 409)
    refused(root.delete("/invitations/99999999999999999999"), 404)
    assert client.get(made["link"].removeprefix("http://testserver")).status_code == 404


def test_bad_invitations_are_refused(api: Api, administrator: User, scientist: User) -> None:
    root = api(administrator)
    refused(root.post("/invitations", {"email": "eve"}), 400)
    refused(root.post("/invitations", {"email": "eve@example.org", "teams": ["none"]}), 404)
    refused(root.post("/invitations", {"email": "ada@example.org"}), 409)
    refused(root.post("/invitations", {}), 400)
    assert root.get("/invitations").json()["results"] == []


def test_others_neither_see_nor_make_invitations(api: Api, maintainer: User) -> None:
    mary = api(maintainer)
    refused(mary.get("/invitations"), 403)
    refused(mary.post("/invitations", {"email": "eve@example.org"}), 403)
    refused(mary.delete("/invitations/1"), 403)
