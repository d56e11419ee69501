"""Asking for a role, deciding on what was asked, taking the question back."""

from datetime import datetime
from types import EllipsisType
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from accounts import access
from accounts.models import AccessRequest, User
from accounts.models.grants import LIVE
from accounts.ownership import require_owner
from accounts.reach.effective_roles import covers, grants_table_of, reaches
from accounts.reach.requests import longest_life
from accounts.rights import RIGHTS_OF, Right, Role
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound

LONGEST_REASON = 10_000


@transaction.atomic
def ask_for_access(
    thing: Model, role: Role, *, reason: str, ends_at: datetime | None = None, actor: User
) -> AccessRequest:
    """Ask the maintainers of a registry, model or experiment for more than the actor has there.

    Raises NotFound for what the actor does not see, AlreadyExists while an earlier request on it is open.
    """
    access.require(actor, Right.SEE, thing)
    if getattr(thing, "deleted_at", None) is not None:
        raise NotFound(f"{thing} was deleted.")
    _require_person(actor)
    _check_text("reason", reason, is_needed=True)
    _check_end(ends_at)
    if ends_at is not None and ends_at > timezone.now() + longest_life():
        raise Invalid("ends_at", f"Ask for at most {longest_life().days} days, or for a role without an end.")
    _check_is_more(thing, role, ends_at, actor)
    asked = AccessRequest(
        content_type=ContentType.objects.get_for_model(thing),
        object_id=thing.pk,
        asked_by=actor,
        role=role.value,
        reason=reason.strip(),
        ends_at=ends_at,
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"You asked for a role on {thing} before, and nobody has answered yet.") from error
    _record(Kind.ACCESS_REQUESTED, asked, thing, actor, reason=asked.reason, ends_at=ends_at)
    return asked


@transaction.atomic
def answer_request(
    request: AccessRequest,
    *,
    grants: bool,
    role: Role | None = None,
    ends_at: datetime | EllipsisType | None = ...,
    answer: str = "",
    actor: User,
) -> AccessRequest:
    """Give the role that was asked for, or another one, or refuse.

    The role ends at `ends_at` (None: never; left out: when it was asked for). A role that the person has there already
    is never lowered or cut short. Raises Conflict if somebody else answered before, if the account was deactivated, or
    if the new role would take something away.
    """
    thing: Any = request.thing
    if thing is None or getattr(thing, "deleted_at", None) is not None:
        raise NotFound(f"Access request {request.pk} was not found.")
    access.require(actor, Right.MANAGE, thing)
    if request.asked_by_id in (actor.pk, actor.owner_id):
        raise Forbidden("Somebody else decides on your own request.")
    _check_text("answer", answer)
    given = role or Role(request.role)
    until = (request.ends_at if isinstance(ends_at, EllipsisType) else ends_at) if grants else None
    _check_end(until)
    _close(request, AccessRequest.State.GRANTED if grants else AccessRequest.State.REFUSED, answer.strip(), actor)
    if grants:
        person = User.objects.select_for_update(of=("self",)).get(pk=request.asked_by_id)
        if not person.is_active:
            raise Conflict(f"The account {person.username} is deactivated; it can be given nothing.")
        if not _has_it_already(person, thing, given, until):
            access.grant(given, on=thing, to=person, ends_at=until, actor=actor)
    kind = Kind.ACCESS_GRANTED if grants else Kind.ACCESS_REFUSED
    _record(kind, request, thing, actor, reason=request.answer, ends_at=until, given=given.value if grants else None)
    return request


@transaction.atomic
def withdraw_request(request: AccessRequest, *, actor: User) -> AccessRequest:
    """Take back a request of one's own. Raises Conflict if it is closed."""
    thing: Any = request.thing
    if request.asked_by_id != actor.pk:
        access.require(actor, Right.MANAGE, thing)
        raise Forbidden("Only who asked takes a request back; you can refuse it.")
    require_owner(actor, actor=actor)
    _close(request, AccessRequest.State.WITHDRAWN, "", actor)
    _record(Kind.ACCESS_WITHDRAWN, request, thing, actor)
    return request


def _require_person(actor: User) -> None:
    require_owner(actor, actor=actor)
    if actor.kind != User.Kind.PERSON:
        raise Forbidden("Only people ask for roles.")
    if actor.is_auditor:
        raise Forbidden("Auditors change nothing, whatever roles they have.")


def _check_is_more(thing: Any, role: Role, ends_at: datetime | None, actor: User) -> None:
    if access.rules(actor, Right.MANAGE):
        raise Invalid("role", "You may do everything already.")
    (reach,) = reaches([actor], thing)
    lasting = [held for held in reach.held if covers(held.role, held.ends_at, held.role, ends_at)]
    if RIGHTS_OF[role] <= {right for held in lasting for right in RIGHTS_OF[held.role]}:
        raise Invalid("role", "Your present roles include this one already.")


def _has_it_already(person: User, thing: Any, role: Role, ends_at: datetime | None) -> bool:
    """Whether the person's own role on the thing includes this one. Raises Conflict if giving it would lower that."""
    table = grants_table_of(thing)
    own = table.objects.filter(LIVE, content_object=thing, group=person.personal_team.group).select_related(
        "permission"
    )
    for grant in own.select_for_update(of=("self",)):
        had = Role(grant.permission.codename)
        if covers(had, grant.ends_at, role, ends_at):
            return True
        if not covers(role, ends_at, had, grant.ends_at):
            until = f" until {grant.ends_at:%-d %B %Y}" if grant.ends_at else ""
            raise Conflict(
                f"{person.name} has the role {had.replace('_', ' ')} there{until}, which this one would take the place "
                "of; give one that includes it for as long."
            )
    return False


def _close(request: AccessRequest, state: AccessRequest.State, answer: str, actor: User) -> None:
    """Compare and swap: the first answer counts."""
    closed = {"state": state, "answer": answer, "decided_by": actor, "decided_at": timezone.now()}
    if AccessRequest.objects.filter(pk=request.pk, state=AccessRequest.State.OPEN).update(**closed) != 1:
        raise Conflict("This request was answered or taken back before.")
    for name, value in closed.items():
        setattr(request, name, value)


def _check_text(name: str, text: str, *, is_needed: bool = False) -> None:
    if is_needed and not text.strip():
        raise Invalid(name, "Say why: it is what others decide on.")
    if len(text) > LONGEST_REASON or "\0" in text:
        raise Invalid(name, f"At most {LONGEST_REASON:,} characters, none of them NUL.")


def _check_end(ends_at: datetime | None) -> None:
    if ends_at is not None and ends_at <= timezone.now():
        raise Invalid("ends_at", "A role ends in the future.")


def _record(
    kind: Kind,
    request: AccessRequest,
    thing: Any,
    actor: User,
    *,
    reason: str = "",
    ends_at: datetime | None = None,
    given: str | None = None,
) -> None:
    record(
        kind,
        actor=actor,
        subject=request,
        registry_id=getattr(thing, "registry_id", thing.pk if thing else None),
        reason=reason,
        on=f"{thing._meta.verbose_name} {thing}" if thing else "",
        person=request.asked_by.username,
        role=given or request.role,
        ends=ends_at.isoformat() if ends_at else None,
    )
