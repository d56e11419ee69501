"""Passwords, second factors and sessions of people. Whether a password is right is asked in accounts.authentication."""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import access, mail
from accounts.credentials.attempts import digest_of, place_of
from accounts.credentials.second_factors import (
    RECOVERY_CODES,
    has_second_factor,
    new_recovery_code,
    recovery_digests,
    seal,
    step_of,
    unseal,
)
from accounts.credentials.sessions import end_sessions_of
from accounts.models import FailedSignIn, User
from accounts.rights import Right
from events import context
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Forbidden, Invalid, TooOften

WRONG_CODES = 5  # before one has to wait
WAIT = timedelta(minutes=5)


@transaction.atomic
def note_sign_in(person: User, *, way: str, actor: User) -> None:
    """Write down that the person is signed in on pages; `way` says how: password, password and code, ..."""
    _require_self(person, actor)
    record(Kind.SIGN_IN_DONE, actor=actor, subject=person, way=way)


@transaction.atomic
def note_sign_out(person: User, *, actor: User) -> None:
    """Write down that the person has signed out."""
    _require_self(person, actor)
    record(Kind.SIGN_IN_ENDED, actor=actor, subject=person)


@transaction.atomic
def change_password(person: User, password: str, *, actor: User) -> None:
    """Give the person a new password and end every session. Raises Invalid for a weak one."""
    _require_self(person, actor)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from error
    person.set_password(password)
    person.save(update_fields=["password"])
    end_sessions_of(person)
    record(Kind.PASSWORD_CHANGED, actor=actor, subject=person)


@transaction.atomic
def end_session(session: UserSession, *, actor: User) -> None:
    """Sign one browser out at once."""
    person = session.user
    _require_self_or_administrator(person, actor)
    Session.objects.filter(session_key=session.session_key).delete()
    session.delete()
    record(Kind.SESSION_ENDED, actor=actor, subject=person, address=session.ip)


@transaction.atomic
def end_other_sessions(person: User, *, keep: str, actor: User) -> int:
    """Sign every browser of the person out but the one with the session key `keep`; how many there were."""
    _require_self_or_administrator(person, actor)
    count = end_sessions_of(person, keep=keep)
    if count:
        record(Kind.SESSION_ENDED, actor=actor, subject=person, sessions=count)
    return count


@transaction.atomic
def add_second_factor(person: User, key: str, code: str, *, actor: User) -> list[str]:
    """From now on ask for codes of the generator that shares `key`; the recovery codes, which nobody can read again.

    `code` proves that the generator works. Raises Invalid if it does not, Conflict if there is one already.
    """
    _require_self(person, actor)
    User.objects.select_for_update().get(pk=person.pk)
    if has_second_factor(person):
        raise Conflict("Your account has a second factor already. Turn it off before you set up another one.")
    step = step_of(key, code)
    if step is None:
        raise Invalid("code", "This code does not fit. Is the clock of your telephone right?")
    data = {"secret": seal(key), "step": step}
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)
    record(Kind.SECOND_FACTOR_ADDED, actor=actor, subject=person, factor="code generator")
    return _write_recovery_codes(person, actor)


@transaction.atomic
def make_recovery_codes(person: User, *, actor: User) -> list[str]:
    """New recovery codes instead of all earlier ones. Raises Conflict without a second factor."""
    _require_self(person, actor)
    User.objects.select_for_update().get(pk=person.pk)
    if not has_second_factor(person):
        raise Conflict("Recovery codes stand in for a second factor, and your account has none.")
    return _write_recovery_codes(person, actor)


@transaction.atomic
def remove_second_factor(person: User, *, actor: User) -> None:
    """Ask for no more codes; by the person, or by an administrator when telephone and recovery codes are lost."""
    _require_self_or_administrator(person, actor)
    User.objects.select_for_update().get(pk=person.pk)
    if not has_second_factor(person):
        raise Conflict(f"{person} has no second factor.")
    Authenticator.objects.filter(user=person).delete()
    record(Kind.SECOND_FACTOR_REMOVED, actor=actor, subject=person)
    if actor.pk != person.pk:
        what = f"{actor.name} has taken the second factor of your account away."
        transaction.on_commit(lambda: mail.tell_of_change(person, what, [person.email]), robust=True)


def use_code(person: User, code: str, *, actor: User) -> Authenticator:
    """Take a code of the generator or a recovery code, each of which works once; what it came from.

    Raises Invalid for a wrong or used one, TooOften after a few of them. A refusal is counted and written down, so it
    is committed before it is raised.
    """
    _require_self(person, actor)
    with transaction.atomic():
        used = _take_code(person, code, actor)
    if used is None:
        raise Invalid("code", "The code is wrong, too old or was used before.")
    return used


def _take_code(person: User, code: str, actor: User) -> Authenticator | None:
    """One attempt at a time: the rows of the second factor are locked until it is counted."""
    rows = list(Authenticator.objects.select_for_update().filter(user=person).order_by("pk"))
    name = digest_of(f"code of account {person.pk}")
    wrong = FailedSignIn.objects.filter(name_digest=name, at__gt=timezone.now() - WAIT)
    if wrong.count() >= WRONG_CODES:
        raise TooOften("There were too many wrong codes. Wait five minutes.", wait=int(WAIT.total_seconds()))
    for row in rows:
        if _fits(row, code):
            row.last_used_at = timezone.now()
            row.save(update_fields=["data", "last_used_at"])
            wrong.delete()
            return row
    FailedSignIn.objects.create(name_digest=name, address=place_of(context.current().address))
    record(Kind.SIGN_IN_FAILED, actor=actor, subject=person, reason="A code was wrong, too old or used before.")
    return None


def _fits(row: Authenticator, code: str) -> bool:
    """Whether the code is of this factor and new; marks it as used in the row, which the caller saves."""
    if row.type == Authenticator.Type.TOTP:
        step = step_of(unseal(row.data["secret"]), code)
        if step is None or step <= row.data.get("step", 0):
            return False
        row.data["step"] = step
        return True
    left: list[str] = row.data.get("digests", [])
    found = set(recovery_digests(code)) & set(left)
    row.data["digests"] = [digest for digest in left if digest not in found]
    return bool(found)


def _write_recovery_codes(person: User, actor: User) -> list[str]:
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    kept = {"digests": [recovery_digests(code)[0] for code in codes]}
    Authenticator.objects.update_or_create(
        user=person, type=Authenticator.Type.RECOVERY_CODES, defaults={"data": kept, "created_at": timezone.now()}
    )
    record(Kind.RECOVERY_CODES_MADE, actor=actor, subject=person, codes=len(codes))
    return codes


def _require_self(person: User, actor: User) -> None:
    """People do this for themselves, on pages and not with a token. Whoever did it for others could sign in as them."""
    if actor.pk != person.pk or not actor.is_active or actor.scopes is not None:
        raise Forbidden("Only the person does this, signed in on pages.")


def _require_self_or_administrator(person: User, actor: User) -> None:
    """What only takes away may also be done by an administrator, for those who cannot do it themselves."""
    if actor.pk != person.pk or not actor.is_active or actor.scopes is not None:
        access.require(actor, Right.ADMINISTER, None)
