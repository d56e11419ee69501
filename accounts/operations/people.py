"""Creating people and service accounts."""

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Team, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Invalid


@transaction.atomic
def create_person(
    username: str,
    *,
    email: str,
    password: str | None,
    display_name: str = "",
    is_administrator: bool = False,
    may_open_admin: bool = False,
    actor: User,
) -> User:
    """A new person with a personal team; without a password the person cannot sign in on pages yet."""
    access.require(actor, Right.ADMINISTER, None)
    person = User(
        username=username,
        email=email.lower(),
        display_name=display_name,
        is_superuser=is_administrator,
        is_staff=is_administrator or may_open_admin,
    )
    if password is None:
        person.set_unusable_password()
    else:
        _check_password(password, person)
        person.set_password(password)
    _store(person)
    record(Kind.PERSON_CREATED, actor=actor, subject=person, administrator=is_administrator)
    return person


@transaction.atomic
def create_service_account(username: str, *, owner: User, display_name: str = "", actor: User) -> User:
    """A new account for a machine; `owner` is the person who answers for it."""
    access.require(actor, Right.ADMINISTER, None)
    if owner.kind != User.Kind.PERSON:
        raise Invalid("owner", "The owner of a service account is a person.")
    account = User(username=username, display_name=display_name, kind=User.Kind.SERVICE, owner=owner)
    account.set_unusable_password()
    _store(account)
    record(Kind.SERVICE_ACCOUNT_CREATED, actor=actor, subject=account, owner=owner.username)
    return account


def _check_password(password: str, person: User) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from error


def _store(user: User) -> None:
    try:
        user.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(field, " ".join(messages)) from error
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already an account with the name {user.username} or this e-mail.") from error
    group = Group.objects.create(name=f"person:{user.username}")
    Team.objects.create(group=group, name=f"person:{user.username}", person=user)
    user.groups.add(group)
