"""Teams in the native API."""

import pytest

from accounts import access
from accounts.models import Team, User
from accounts.operations.teams import add_member, appoint_lead, create_team
from accounts.rights import Role
from registry.models import RegisteredModel
from tests.protocols.rest.conftest import Api, refused


@pytest.fixture
def fraud(system: User, scientist: User) -> Team:
    """A team that the scientist leads."""
    team = create_team("fraud", actor=system)
    add_member(team, scientist, actor=system)
    appoint_lead(team, scientist, actor=system)
    return team


def test_a_lead_sees_and_fills_the_team(api: Api, fraud: Team, scientist: User, reviewer: User) -> None:
    ada, grace = api(scientist), api(reviewer)
    refused(grace.get("/teams/fraud"), 404)
    assert ada.get("/teams").json()["results"] == [{"name": "fraud", "leads": ["ada"], "sso_groups": []}]
    assert ada.put("/teams/fraud/members/grace").status_code == 204
    members = ada.get("/teams/fraud/members", page_size=1).json()
    assert members["results"] == [{"username": "ada", "name": "ada", "kind": "person", "is_lead": True}]
    further = ada.get("/teams/fraud/members", page_token=members["next_page_token"]).json()
    assert [row["username"] for row in further["results"]] == ["grace"]
    assert grace.get("/teams/fraud").json()["leads"] == ["ada"]
    refused(grace.put("/teams/fraud/members/mary"), 403)
    refused(ada.put("/teams/fraud/members/nobody"), 404)
    assert ada.delete("/teams/fraud/members/grace").status_code == 204
    refused(ada.delete("/teams/fraud/members/grace"), 404)


def test_other_teams_are_not_there(api: Api, fraud: Team, stranger: User) -> None:
    caller = api(stranger)
    assert caller.get("/teams").json()["results"] == []
    for path in ("/teams/fraud", "/teams/none", "/teams/person:ada"):
        refused(caller.get(path), 404)
        refused(caller.get(f"{path}/members"), 404)
        refused(caller.put(f"{path}/members/stranger"), 404)
        refused(caller.delete(f"{path}/members/ada"), 404)
        refused(caller.put(f"{path}/leads/ada"), 404)
        refused(caller.patch(path, {"name": "mine"}), 404)
        refused(caller.delete(path), 404)
        refused(caller.put(f"{path}/sso-groups/all"), 404)


def test_an_administrator_names_leads_maps_groups_and_ends_teams(
    api: Api, fraud: Team, administrator: User, scientist: User, model: RegisteredModel, system: User
) -> None:
    access.grant(Role.REVIEWER, on=model, to=fraud, actor=system)
    root = api(administrator)
    assert root.delete("/teams/fraud/leads/ada").status_code == 204
    refused(root.delete("/teams/fraud/leads/ada"), 404)
    assert root.put("/teams/fraud/leads/ada").status_code == 204
    refused(root.put("/teams/fraud/leads/nobody"), 404)
    assert root.put("/teams/fraud/sso-groups/Risk%20%2F%20Fraud").status_code == 204
    assert root.patch("/teams/fraud", {"name": "Risk team"}).json()["name"] == "Risk team"
    shown = root.get("/teams/Risk%20team").json()
    assert shown["sso_groups"] == ["Risk / Fraud"]
    assert shown["roles"] == [{"role": "reviewer", "kind": "model", "name": "iris", "registry": "main"}]
    assert root.delete("/teams/Risk%20team/sso-groups/Risk%20%2F%20Fraud").status_code == 204
    refused(root.patch("/teams/Risk%20team", {"name": "a:b"}), 400)
    assert root.delete("/teams/Risk%20team").status_code == 204
    refused(root.get("/teams/Risk%20team"), 404)


def test_the_list_costs_the_same_for_many_teams(
    api: Api, administrator: User, scientist: User, system: User, django_assert_max_num_queries: object
) -> None:
    root = api(administrator)
    for number in range(12):
        team = create_team(f"team-{number}", actor=system)
        add_member(team, scientist, actor=system)
        appoint_lead(team, scientist, actor=system)
    with django_assert_max_num_queries(5):  # type: ignore[operator] # a fixture that is a context manager
        assert len(root.get("/teams").json()["results"]) == 12
