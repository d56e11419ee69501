"""Teams: yours, and all of them for administrators and auditors."""

from http import HTTPStatus

from accounts.models import Team, User
from accounts.operations.teams import (
    add_member,
    appoint_lead,
    create_team,
    delete_team,
    dismiss_lead,
    map_sso_group,
    remove_member,
    rename_team,
    unmap_sso_group,
)
from accounts.queries import find_member, find_somebody, find_team, members_of, roles_of_team, teams_for
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.teams import MemberShape, TeamInFullShape, TeamNameShape, TeamShape


class Teams(View):
    @endpoint("list_teams", lists=TeamShape)
    def get(self, call: Call) -> Page[Team]:
        """The teams that you are in, by name; all of them for administrators and auditors."""
        return call.page(teams_for(call.actor).prefetch_related("leads", "sso_groups"), "name")

    @endpoint("create_team", takes=TeamNameShape, answers=TeamShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> Team:
        """Create a team with nobody in it; for administrators."""
        return create_team(call.said["name"], actor=call.actor)


class OneTeam(View):
    @endpoint("get_team", answers=TeamInFullShape)
    def get(self, call: Call, team: str) -> With:
        """One team, with the roles that it has on what you see."""
        found = find_team(team, actor=call.actor)
        return With(found, roles=roles_of_team(found, actor=call.actor))

    @endpoint("rename_team", takes=TeamNameShape, answers=TeamShape)
    def patch(self, call: Call, team: str) -> Team:
        """Give a team another name; for administrators."""
        return rename_team(find_team(team, actor=call.actor), call.said["name"], actor=call.actor)

    @endpoint("delete_team")
    def delete(self, call: Call, team: str) -> None:
        """End a team for good, and the roles that it has; for administrators."""
        delete_team(find_team(team, actor=call.actor), actor=call.actor)


class Members(View):
    @endpoint("list_members", lists=MemberShape)
    def get(self, call: Call, team: str) -> Page[User]:
        """Who is in a team, by user name."""
        return call.page(members_of(find_team(team, actor=call.actor)), "username")


class Member(View):
    @endpoint("add_member")
    def put(self, call: Call, team: str, username: str) -> None:
        """Put an account into a team; for its leads and administrators."""
        found = find_team(team, actor=call.actor)
        add_member(found, find_somebody(username, team=found, actor=call.actor), actor=call.actor)

    @endpoint("remove_member")
    def delete(self, call: Call, team: str, username: str) -> None:
        """Take an account out of a team; for its leads and administrators."""
        found = find_team(team, actor=call.actor)
        remove_member(found, find_member(found, username), actor=call.actor)


class Lead(View):
    @endpoint("appoint_lead")
    def put(self, call: Call, team: str, username: str) -> None:
        """Let a member lead the team; for administrators."""
        found = find_team(team, actor=call.actor)
        appoint_lead(found, find_member(found, username), actor=call.actor)

    @endpoint("dismiss_lead")
    def delete(self, call: Call, team: str, username: str) -> None:
        """Let a lead be a plain member again; for administrators."""
        found = find_team(team, actor=call.actor)
        dismiss_lead(found, find_member(found, username), actor=call.actor)


class SsoGroup(View):
    @endpoint("map_sso_group")
    def put(self, call: Call, team: str, group: str) -> None:
        """Let a group at the single sign-on provider fill the team; for administrators."""
        map_sso_group(find_team(team, actor=call.actor), group, actor=call.actor)

    @endpoint("unmap_sso_group")
    def delete(self, call: Call, team: str, group: str) -> None:
        """Let a group at the provider fill the team no more; for administrators."""
        unmap_sso_group(find_team(team, actor=call.actor), group, actor=call.actor)
