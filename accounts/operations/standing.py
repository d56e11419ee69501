"""Who may come in at all, who administers and who audits. The last active administrator always stays."""

from django.db import transaction

from accounts import access
from accounts.credentials.sessions import end_sessions_of
from accounts.models import User
from accounts.rights import OrganisationRole, Right
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Invalid


@transaction.atomic
def deactivate_account(account: User, *, actor: User) -> None:
    """Keep a person or a service account out from now on, at every door. Nothing that it has is taken away.

    Raises Conflict for oneself, for the last administrator and for an account that is deactivated already.
    """
    access.require(actor, Right.ADMINISTER, None)
    _refuse_system(account)
    if account.pk == actor.pk:
        raise Conflict("You cannot deactivate yourself; ask another administrator.")
    _keep_an_administrator(account)
    if User.objects.filter(pk=account.pk, is_active=True).update(is_active=False) != 1:
        raise Conflict(f"{account} is deactivated already.")
    account.is_active = False
    sessions = end_sessions_of(account)
    owned = User.objects.filter(owner=account, is_active=True).order_by("username")
    record(
        Kind.ACCOUNT_DEACTIVATED,
        actor=actor,
        subject=account,
        sessions=sessions,
        still_owns=list(owned.values_list("username", flat=True)),
    )


@transaction.atomic
def reactivate_account(account: User, *, actor: User) -> None:
    """Let a person or a service account in again, with the roles, teams and tokens that it had."""
    access.require(actor, Right.ADMINISTER, None)
    _refuse_system(account)
    if User.objects.filter(pk=account.pk, is_active=False).update(is_active=True) != 1:
        raise Conflict(f"{account} is active already.")
    account.is_active = True
    record(Kind.ACCOUNT_REACTIVATED, actor=actor, subject=account)


@transaction.atomic
def set_organisation_role(person: User, role: OrganisationRole, *, actor: User) -> None:
    """Make a person an administrator, an auditor or neither. Raises Conflict for the last administrator."""
    access.require(actor, Right.ADMINISTER, None)
    if person.kind != User.Kind.PERSON:
        raise Invalid("role", "Only a person administers or audits the installation.")
    if role is not OrganisationRole.ADMINISTRATOR:
        _keep_an_administrator(person)
    locked = User.objects.select_for_update().get(pk=person.pk)
    before = locked.organisation_role
    if before is role:
        return
    person.is_superuser = role is OrganisationRole.ADMINISTRATOR
    person.is_auditor = role is OrganisationRole.AUDITOR
    person.is_staff = locked.is_staff or person.is_superuser
    person.save(update_fields=["is_superuser", "is_auditor", "is_staff"])
    record(
        Kind.ORGANISATION_ROLE_SET,
        actor=actor,
        subject=person,
        before={"role": before.value},
        after={"role": role.value},
    )


@transaction.atomic
def let_into_admin(person: User, is_let_in: bool, *, actor: User) -> None:
    """Open the admin to a person, or close it; what they see there is what their roles let them see."""
    access.require(actor, Right.ADMINISTER, None)
    if person.kind != User.Kind.PERSON:
        raise Invalid("may_open_admin", "Only a person opens the admin.")
    if not is_let_in and User.objects.filter(pk=person.pk, is_superuser=True).exists():
        raise Conflict("An administrator always may open the admin.")
    if User.objects.filter(pk=person.pk, is_staff=not is_let_in).update(is_staff=is_let_in) != 1:
        return
    person.is_staff = is_let_in
    record(Kind.ADMIN_OPENED if is_let_in else Kind.ADMIN_CLOSED, actor=actor, subject=person)


def _refuse_system(account: User) -> None:
    if account.is_system:
        raise Conflict("Gatehouse itself acts in the background and is always there.")


def _keep_an_administrator(account: User) -> None:
    """Raise Conflict if there is no other active administrator.

    All of them are locked, in one order: of two who end each other the second waits, and then finds itself the last.
    """
    there = User.objects.filter(kind=User.Kind.PERSON, is_superuser=True, is_active=True)
    if list(there.select_for_update().order_by("pk").values_list("pk", flat=True)) == [account.pk]:
        raise Conflict(f"{account} is the last administrator; make somebody else one first.")
