"""The pages of teams."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import access
from accounts.models import Team, User
from accounts.operations.teams import add_member, appoint_lead, create_team
from accounts.rights import Role
from registry.models import RegisteredModel

AsUser = Callable[[User], Client]


@pytest.fixture
def fraud(system: User, scientist: User) -> Team:
    """A team that the scientist leads."""
    team = create_team("Fraud & risk", actor=system)
    add_member(team, scientist, actor=system)
    appoint_lead(team, scientist, actor=system)
    return team


PAGE = "/teams/Fraud%20%26%20risk"


def test_people_see_their_teams_only(as_user: AsUser, fraud: Team, scientist: User, stranger: User) -> None:
    assert "Fraud &amp; risk" in as_user(scientist).get("/teams").content.decode()
    client = as_user(stranger)
    assert "You are in no team" in client.get("/teams").content.decode()
    hidden = client.get(PAGE)
    assert hidden.status_code == 404
    assert client.get("/teams/none").content == hidden.content
    for path in ("", "/rename", "/delete", "/sso-group", "/members/ada/remove", "/members/ada/lead"):
        assert client.post(PAGE + path, {"member": "stranger", "name": "x", "group": "x"}).status_code == 404


def test_a_lead_fills_the_team_and_is_offered_nothing_else(
    as_user: AsUser, fraud: Team, scientist: User, reviewer: User
) -> None:
    client = as_user(scientist)
    page = client.get(PAGE).content.decode()
    assert "Put somebody in" in page
    assert "Delete the team" not in page
    assert "Make lead" not in page
    assert "grace is in the team." in client.post(PAGE, {"member": "grace"}, follow=True).content.decode()
    unknown = client.post(PAGE, {"member": "nobody"})
    assert unknown.status_code == 422
    assert "Account nobody was not found." in unknown.content.decode()
    for path in ("/rename", "/delete", "/sso-group", "/members/grace/lead"):
        refused = client.post(PAGE + path, {"name": "x", "group": "x"})
        assert refused.status_code in (403, 422), path
    assert Team.objects.filter(name="Fraud & risk").exists()
    page = client.post(f"{PAGE}/members/grace/remove", follow=True).content.decode()
    assert "is not in team" in page
    assert not reviewer.groups.filter(pk=fraud.group_id).exists()


def test_a_member_looks_and_changes_nothing(
    as_user: AsUser, fraud: Team, reviewer: User, model: RegisteredModel, system: User
) -> None:
    add_member(fraud, reviewer, actor=system)
    access.grant(Role.CONTRIBUTOR, on=model, to=fraud, actor=system)
    client = as_user(reviewer)
    page = client.get(PAGE).content.decode()
    assert "/models/main/iris" in page
    assert "Put somebody in" not in page
    assert '<button class="button button--s' not in page
    assert client.post(PAGE, {"member": "grace"}).status_code == 422
    assert client.post(f"{PAGE}/members/ada/remove").status_code == 403


def test_an_administrator_makes_leads_renames_and_deletes(
    as_user: AsUser, administrator: User, scientist: User
) -> None:
    client = as_user(administrator)
    assert "No teams yet" in client.get("/teams").content.decode()
    assert client.post("/teams", {"name": "a/b"}).status_code == 422
    assert client.post("/teams", {"name": "new"}).headers["Location"] == "/teams/new"
    client.post("/teams/new", {"member": "ada"})
    assert "leads the team now" in client.post("/teams/new/members/ada/lead", follow=True).content.decode()
    client.post("/teams/new/members/ada/lead", {"leads": "no"})
    assert not Team.objects.get(name="new").leads.exists()
    page = client.post("/teams/new/sso-group", {"group": "Risk"}, follow=True).content.decode()
    assert "fills the team now" in page
    client.post("/teams/new/sso-group", {"group": "Risk", "fills": "no"})
    assert client.post("/teams/new/sso-group", {"group": "Risk", "fills": "no"}).status_code == 422
    assert client.post("/teams/new/rename", {"name": ""}).status_code == 422
    assert client.post("/teams/new/rename", {"name": "newer"}).headers["Location"] == "/teams/newer"
    assert client.post("/teams/newer/delete").headers["Location"] == "/teams"
    assert not Team.objects.filter(person=None).exists()


def test_many_members_come_in_pages(as_user: AsUser, fraud: Team, scientist: User, system: User) -> None:
    for number in range(51):
        fraud.group.user_set.add(User.objects.create(username=f"person-{number:02}"))
    page = as_user(scientist).get(PAGE).content.decode()
    assert "person-48" in page
    assert "person-50" not in page
    assert 'rel="next"' in page
