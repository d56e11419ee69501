"""People, service accounts, teams and their members; for administrators."""

from http import HTTPStatus

from accounts.models import Team, User
from accounts.operations.people import create_person, create_service_account
from accounts.operations.teams import add_member, create_team, remove_member
from accounts.queries import find_account, find_team, people_for, service_accounts_for, teams_for
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.accounts import (
    NewPersonShape,
    NewServiceAccountShape,
    NewTeamShape,
    PersonShape,
    ServiceAccountShape,
    TeamShape,
)


class People(View):
    @endpoint("list_people", lists=PersonShape)
    def get(self, call: Call) -> Page[User]:
        """Everybody, by user name."""
        return call.page(people_for(call.actor), "username")

    @endpoint("create_person", takes=NewPersonShape, answers=PersonShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> User:
        """Create a person."""
        return create_person(**call.said, actor=call.actor)


class ServiceAccounts(View):
    @endpoint("list_service_accounts", lists=ServiceAccountShape)
    def get(self, call: Call) -> Page[User]:
        """The accounts of machines, by user name."""
        return call.page(service_accounts_for(call.actor), "username")

    @endpoint(
        "create_service_account",
        takes=NewServiceAccountShape,
        answers=ServiceAccountShape,
        status=HTTPStatus.CREATED,
    )
    def post(self, call: Call) -> User:
        """Create an account for a machine."""
        owner = find_account(call.said.pop("owner"), actor=call.actor)
        return create_service_account(**call.said, owner=owner, actor=call.actor)


class Teams(View):
    @endpoint("list_teams", lists=TeamShape)
    def get(self, call: Call) -> Page[Team]:
        """The teams, by name."""
        return call.page(teams_for(call.actor).prefetch_related("group__user_set"), "name")

    @endpoint("create_team", takes=NewTeamShape, answers=TeamShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> Team:
        """Create a team with nobody in it."""
        return create_team(call.said["name"], actor=call.actor)


class OneTeam(View):
    @endpoint("get_team", answers=TeamShape)
    def get(self, call: Call, team: str) -> Team:
        """One team."""
        return find_team(team, actor=call.actor)


class Member(View):
    @endpoint("add_member")
    def put(self, call: Call, team: str, username: str) -> None:
        """Put an account into a team."""
        add_member(find_team(team, actor=call.actor), find_account(username, actor=call.actor), actor=call.actor)

    @endpoint("remove_member")
    def delete(self, call: Call, team: str, username: str) -> None:
        """Take an account out of a team."""
        remove_member(find_team(team, actor=call.actor), find_account(username, actor=call.actor), actor=call.actor)
