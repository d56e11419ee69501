"""Inviting people: a link that makes one account, once, before it ends. Its secret is given out and never kept."""

import secrets
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.models import Invitation, Team, User
from accounts.operations.people import create_person
from accounts.operations.teams import add_member
from accounts.queries import open_invitation
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib import digests
from lib.errors import AlreadyExists, Conflict, Invalid


@transaction.atomic
def invite_person(email: str, *, teams: Collection[Team] = (), actor: User) -> tuple[Invitation, str]:
    """A new invitation and the secret of its link, which is known to nobody afterwards.

    Raises AlreadyExists if somebody has this e-mail, and Conflict while another invitation to it is open.
    """
    access.require(actor, Right.ADMINISTER, None)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("email", " ".join(error.messages)) from error
    if len(email) > 254:
        raise Invalid("email", "An e-mail address has at most 254 characters.")
    if any(team.is_personal for team in teams):
        raise Invalid("teams", "A personal team has one member for good.")
    if User.objects.filter(email=email).exists():
        raise AlreadyExists(f"Somebody has an account with the e-mail {email} already.")
    now = timezone.now()
    before = Invitation.objects.filter(email=email, accepted_at=None, withdrawn_at=None, ends_at__gt=now)
    if any(one.is_open for one in before.select_related("invited_by")):
        raise Conflict(f"An invitation to {email} is open already; withdraw it to send another one.")
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        digest=digests.of_bytes(secret.encode()),
        invited_by=actor,
        created_at=now,
        ends_at=now + timedelta(days=settings.INVITATION_DAYS),
    )
    invitation.teams.set(teams)
    record(
        Kind.INVITATION_SENT,
        actor=actor,
        subject=invitation,
        teams=sorted(team.name for team in teams),
        ends=invitation.ends_at.isoformat(),
    )
    return invitation, secret


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, actor: User) -> None:
    """End a link that nobody has used. Raises Conflict if it was used or withdrawn before."""
    access.require(actor, Right.ADMINISTER, None)
    waiting = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if waiting.update(withdrawn_at=timezone.now()) != 1:
        raise Conflict(f"The invitation to {invitation} was accepted or withdrawn before.")
    record(Kind.INVITATION_WITHDRAWN, actor=actor, subject=invitation)


@transaction.atomic
def accept_invitation(secret: str, *, username: str, display_name: str = "", password: str, actor: User) -> User:
    """The account that the link makes, in the teams that it names. Gatehouse itself is the actor.

    Raises NotFound for a link that does not work, not any more, or not for the second of two at the same time.
    """
    access.require(actor, Right.ADMINISTER, None)
    found = open_invitation(secret)
    Invitation.objects.select_for_update().get(pk=found.pk)
    invitation = open_invitation(secret)  # again, since whoever held the row may have used it
    person = create_person(username, email=invitation.email, password=password, display_name=display_name, actor=actor)
    for team in invitation.teams.order_by("name"):
        add_member(team, person, actor=actor)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), person
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(Kind.INVITATION_ACCEPTED, actor=actor, subject=invitation, person=person.username)
    return person
