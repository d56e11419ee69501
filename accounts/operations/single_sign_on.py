"""People whom the single sign-on provider vouches for: who they are here, and which teams they are in."""

import re
from dataclasses import dataclass
from itertools import count

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Team, User
from accounts.operations.people import create_person
from accounts.operations.standing import let_into_admin, set_organisation_role
from accounts.operations.teams import add_member, remove_member
from accounts.rights import OrganisationRole, Right
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Forbidden

_TAKEN = "This identity is linked to an account here already."


@dataclass(frozen=True)
class Identity:
    """What a checked identity token says of a person. Provider (an issuer) and subject together name it for good."""

    provider: str
    subject: str
    username: str = ""
    name: str = ""
    email: str = ""
    email_is_verified: bool = False
    groups: frozenset[str] = frozenset()


@transaction.atomic
def receive_person(identity: Identity, *, actor: User) -> User:
    """The person who has this identity here, found or created, with teams as its groups say.

    Nobody is found by e-mail unless OIDC_LINK_BY_EMAIL is on and the provider has verified the address. Raises
    Forbidden with a sentence for the person: nobody has the identity and none is created, or the account is not active.
    """
    access.require(actor, Right.ADMINISTER, None)
    linked = _linked(identity)
    found = None if linked else _by_email(identity)
    if found:
        User.objects.select_for_update(no_key=True).get(pk=found.pk)
        linked = _linked(identity)  # again, since whoever held the row may have linked it
    if found and _has_another(identity, found):
        found = None
    person = linked or found or _create(identity, actor)
    if not person.is_active:
        raise Forbidden("Your account here is not active. Ask an administrator.")
    if linked is None:
        _link(identity, person, actor)
    _follow_role(person, identity.groups, actor)
    follow_groups(person, identity.groups, actor=actor)
    return person


@transaction.atomic
def follow_groups(person: User, groups: frozenset[str], *, actor: User) -> None:
    """Put the person into the teams that these groups of the provider stand for, and out of those of other groups."""
    access.require(actor, Right.ADMINISTER, None)
    followed = Team.objects.filter(person=None, sso_groups__isnull=False).distinct()
    is_in = set(followed.filter(group__user=person).values_list("pk", flat=True))
    wanted = set(followed.filter(sso_groups__name__in=groups).values_list("pk", flat=True))
    for team in Team.objects.filter(pk__in=wanted - is_in).order_by("pk"):
        add_member(team, person, actor=actor)
    for team in Team.objects.filter(pk__in=is_in - wanted).order_by("pk"):
        remove_member(team, person, actor=actor)


@transaction.atomic
def link_identity(identity: Identity, person: User, *, actor: User) -> None:
    """Let the person, who is signed in, come in with this identity from now on. Raises Conflict if it is somebody's."""
    if actor.pk != person.pk or person.kind != User.Kind.PERSON or not actor.is_active or actor.scopes is not None:
        raise Forbidden("Only people themselves, signed in on pages, link their single sign-on.")
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject).exists():
        raise Conflict(_TAKEN)
    if SocialAccount.objects.filter(provider=identity.provider, user=person).exists():
        raise Conflict("Your account is linked to single sign-on already.")
    _link(identity, person, actor)


@transaction.atomic
def unlink_identity(person: User, *, actor: User) -> None:
    """End the link to single sign-on. Raises Conflict if there is none or no other way in is left."""
    if actor.pk != person.pk or not actor.is_active or actor.scopes is not None:
        access.require(actor, Right.ADMINISTER, None)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if actor.pk == person.pk and not (settings.PASSWORD_SIGN_IN and person.has_usable_password()):
        raise Conflict("Single sign-on is the only way into this account.")
    gone, _ = SocialAccount.objects.filter(user=person).delete()
    if not gone:
        raise Conflict("The account is not linked to single sign-on.")
    record(Kind.IDENTITY_UNLINKED, actor=actor, subject=person)


@transaction.atomic
def note_refusal(reason: str, *, actor: User) -> None:
    """Write down that single sign-on was refused, and why."""
    access.require(actor, Right.ADMINISTER, None)
    record(Kind.SIGN_IN_FAILED, actor=actor, subject=actor, reason=reason, way="single sign-on")


def _linked(identity: Identity) -> User | None:
    linked = SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject)
    row = linked.select_related("user").first()
    return row.user if row else None


def _by_email(identity: Identity) -> User | None:
    if not (settings.OIDC_LINK_BY_EMAIL and identity.email_is_verified and identity.email):
        return None
    return User.objects.filter(email=identity.email.lower(), kind=User.Kind.PERSON).first()


def _has_another(identity: Identity, person: User) -> bool:
    """Whether the person has an identity of this provider already, and so is not given another one."""
    has_one: bool = SocialAccount.objects.filter(provider=identity.provider, user=person).exists()
    return has_one


def _create(identity: Identity, actor: User) -> User:
    if not settings.OIDC_CREATE_PEOPLE:
        raise Forbidden("Nobody here is linked to the account that you used. Ask an administrator for an account.")
    # An address that nobody has verified could be somebody else's, who would then not get an account of their own.
    email = identity.email if identity.email_is_verified else ""
    if email and User.objects.filter(email=email.lower()).exists():
        raise Forbidden("An account here has your e-mail address. Sign in to it and link single sign-on there.")
    return create_person(
        _free_name(identity), email=email, password=None, display_name=identity.name[:200], actor=actor
    )


def _free_name(identity: Identity) -> str:
    """A user name like the one at the provider that nobody here has."""
    wish = identity.username or identity.email
    plain = re.sub(r"[^a-z0-9._-]+", "-", wish.partition("@")[0].lower()).strip("._-")[:90] or "person"
    taken = set(User.objects.filter(username__startswith=plain).values_list("username", flat=True))
    if plain not in taken:
        return plain
    return next(name for number in count(2) if (name := f"{plain}-{number}") not in taken)


def _link(identity: Identity, person: User, actor: User) -> None:
    named = {"provider": identity.provider, "uid": identity.subject}
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=person, extra_data={"username": identity.username}, **named)
    except IntegrityError as error:
        raise Conflict(_TAKEN) from error
    record(Kind.IDENTITY_LINKED, actor=actor, subject=person, username=identity.username)


def _follow_role(person: User, groups: frozenset[str], actor: User) -> None:
    """Make the person an administrator or an auditor, or no longer, where the operator has named groups for these."""
    before = person.organisation_role
    named = {
        OrganisationRole.ADMINISTRATOR: settings.OIDC_ADMINISTRATORS_GROUP,
        OrganisationRole.AUDITOR: settings.OIDC_AUDITORS_GROUP,
    }
    if named.get(before) == "" or not any(named.values()):
        return  # what no group stands for was given here, and is taken here
    after = next((role for role, group in named.items() if group and group in groups), OrganisationRole.NONE)
    if after is before:
        return
    try:
        set_organisation_role(person, after, actor=actor)
    except Conflict:
        return  # the last administrator stays one, whatever the provider says
    if before is OrganisationRole.ADMINISTRATOR:
        let_into_admin(person, False, actor=actor)
