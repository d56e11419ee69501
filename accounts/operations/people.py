"""Creating and describing people and service accounts. Who they are for the whole installation stands in standing."""

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import access, mail
from accounts.models import Team, User
from accounts.ownership import speaks_for_itself
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid


@transaction.atomic
def create_person(
    username: str,
    *,
    email: str,
    password: str | None,
    display_name: str = "",
    is_administrator: bool = False,
    is_auditor: bool = False,
    may_open_admin: bool = False,
    actor: User,
) -> User:
    """A new person with a personal team; without a password the person cannot sign in on pages yet."""
    access.require(actor, Right.ADMINISTER, None)
    if is_administrator and is_auditor:
        raise Invalid("is_auditor", "An auditor changes nothing, so an administrator cannot be one.")
    person = User(
        username=username,
        email=email.lower() or None,
        display_name=display_name,
        is_superuser=is_administrator,
        is_auditor=is_auditor,
        is_staff=is_administrator or may_open_admin,
    )
    if password is None:
        person.set_unusable_password()
    else:
        _check_password(password, person)
        person.set_password(password)
    _store(person)
    told: dict[str, Any] = {"auditor": True} if is_auditor else {}
    record(Kind.PERSON_CREATED, actor=actor, subject=person, administrator=is_administrator, **told)
    return person


@transaction.atomic
def create_service_account(username: str, *, owner: User, display_name: str = "", actor: User) -> User:
    """A new account for a machine; `owner` is the person who answers for it."""
    access.require(actor, Right.ADMINISTER, None)
    _check_owner(owner)
    account = User(username=username, display_name=display_name, kind=User.Kind.SERVICE, owner=owner)
    account.set_unusable_password()
    _store(account)
    record(Kind.SERVICE_ACCOUNT_CREATED, actor=actor, subject=account, owner=owner.username)
    return account


@transaction.atomic
def hand_over_service_account(account: User, owner: User, *, actor: User) -> User:
    """Let somebody else answer for a service account; its tokens stay, and the new owner may revoke them."""
    access.require(actor, Right.ADMINISTER, None)
    if account.kind != User.Kind.SERVICE:
        raise Invalid("account", f"{account} is not a service account, so nobody owns it.")
    _check_owner(owner)
    now = User.objects.select_for_update(of=("self",)).select_related("owner").get(pk=account.pk)
    before = now.owner.username if now.owner else None
    if before == owner.username:
        return account
    account.owner = owner
    account.save(update_fields=["owner"])
    record(
        Kind.SERVICE_ACCOUNT_HANDED_OVER,
        actor=actor,
        subject=account,
        before={"owner": before},
        after={"owner": owner.username},
    )
    return account


@transaction.atomic
def describe_account(account: User, *, display_name: str | None = None, email: str | None = None, actor: User) -> User:
    """Set the name to show, which everybody may for themselves, and a person's e-mail, which administrators may.

    An empty e-mail is none. When somebody else changes it, both addresses are told.
    """
    if email is not None or account.pk != actor.pk or not speaks_for_itself(actor):
        access.require(actor, Right.ADMINISTER, None)
    if account.is_system:
        raise Invalid("account", "Gatehouse itself keeps its name.")
    if email is not None and account.kind != User.Kind.PERSON:
        raise Invalid("email", "A service account has no e-mail.")
    said: dict[str, str | None] = {}
    if display_name is not None:
        said["display_name"] = display_name
    if email is not None:
        said["email"] = email.lower() or None
    after = {field: value for field, value in said.items() if value != getattr(account, field)}
    before = {field: getattr(account, field) for field in after}
    for field, value in after.items():
        setattr(account, field, value)
    if not after:
        return account
    _check_fields(account)
    try:
        with transaction.atomic():
            account.save(update_fields=list(after))
    except IntegrityError as error:
        raise AlreadyExists("There is already an account with this e-mail.") from error
    record(Kind.ACCOUNT_CHANGED, actor=actor, subject=account, before=before, after=after)
    if "email" in after and actor.pk != account.pk:
        new = f"changed the e-mail address of your account to {after['email']}" if after["email"] else None
        what = f"{actor.name} has {new or 'removed the e-mail address of your account'}."
        addresses = [before["email"], after["email"]]
        transaction.on_commit(lambda: mail.tell_of_change(account, what, addresses), robust=True)
    return account


@transaction.atomic
def reset_password(person: User, password: str, *, actor: User) -> None:
    """Give a person another password, which ends their sessions. Only on the server itself, where Gatehouse acts.

    Whoever could do so on a page would sign in as anybody.
    """
    if not actor.is_system:
        raise Forbidden("The passwords of others are set on the server only.")
    if person.kind != User.Kind.PERSON:
        raise Invalid("account", f"{person} is no person, and only people have passwords.")
    _check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    record(Kind.PASSWORD_RESET, actor=actor, subject=person)


def _check_owner(owner: User) -> None:
    if owner.kind != User.Kind.PERSON:
        raise Invalid("owner", "The owner of a service account is a person.")
    if not owner.is_active:
        raise Conflict(f"{owner} is deactivated and cannot answer for a service account.")


def _check_password(password: str, person: User) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from error


def _check_fields(user: User) -> None:
    try:
        user.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(field, " ".join(messages)) from error
    if "\0" in user.display_name:
        raise Invalid("display_name", "A name has no NUL character in it.")


def _store(user: User) -> None:
    _check_fields(user)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already an account with the name {user.username} or this e-mail.") from error
    group = Group.objects.create(name=f"person:{user.username}")
    Team.objects.create(group=group, name=f"person:{user.username}", person=user)
    user.groups.add(group)
