"""Invitations; for administrators, and to be read by auditors."""

from http import HTTPStatus

from django.urls import reverse

from accounts import mail
from accounts.models import Invitation
from accounts.operations.invitations import invite_person, withdraw_invitation
from accounts.queries import find_invitation, find_team, invitations_for
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.invitations import InvitationShape, MadeInvitationShape, NewInvitationShape


class Invitations(View):
    @endpoint("list_invitations", lists=InvitationShape)
    def get(self, call: Call) -> Page[Invitation]:
        """Who was invited, newest first."""
        return call.page(invitations_for(call.actor).prefetch_related("teams"), "-pk")

    @endpoint("invite_person", takes=NewInvitationShape, answers=MadeInvitationShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> With:
        """Invite somebody by mail; this answer alone shows the link."""
        teams = [find_team(name, actor=call.actor) for name in call.said["teams"]]
        invitation, secret = invite_person(call.said["email"], teams=teams, actor=call.actor)
        link = call.request.build_absolute_uri(reverse("invitation", args=[secret]))
        return With(invitation, link=link, mail_was_sent=mail.send_invitation(invitation, link))


class OneInvitation(View):
    @endpoint("withdraw_invitation")
    def delete(self, call: Call, invitation: int) -> None:
        """End a link that nobody has used yet."""
        withdraw_invitation(find_invitation(invitation, actor=call.actor), actor=call.actor)
