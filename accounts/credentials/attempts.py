"""Wrong passwords: how many came lately for a name and from an address, and how long to wait after too many.

Three rules of `settings.SIGN_IN_LOCKS` hold at once: for a name from one address, for a name from anywhere, and for an
address with any names. Names that nobody has are counted like all others. The failures are counted before the password
is looked at and written down after, so requests at the same time get as many more tries as they are.
"""

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, DateTimeField, Q
from django.utils import timezone

from accounts.models import FailedSignIn, User
from events.kinds import Kind
from events.record import record
from lib.errors import TooOften
from lib.statements import Blank, Statement

_lately: Statement[Any] = Statement(
    lambda: (
        FailedSignIn.objects.filter(
            Q(name_digest=Blank("name", CharField()), at__gt=Blank("since_name", DateTimeField()))
            | Q(address=Blank("address", CharField()), at__gt=Blank("since_address", DateTimeField()))
        )
        .order_by("-at")
        .values_list("name_digest", "address", "at", named=True)
    )
)


@dataclass(frozen=True)
class Attempt:
    """A sign-in that may be tried: under which name, from where, and whether this pair failed lately."""

    name_digest: str
    address: str
    has_failed: bool


def begin(name: str, address: str) -> Attempt:
    """Let a sign-in be tried. Raises TooOften while the name, the address or the pair of them is locked. One query."""
    digest, place = digest_of_typed(name), place_of(address)
    failures, now = _failures(digest, place), timezone.now()
    if ends := [end for _, end, _ in _locks(failures, digest, place, now)]:
        wait = max(1, math.ceil((max(ends) - now).total_seconds()))
        minutes = math.ceil(wait / 60)
        raise TooOften(
            f"Too many wrong passwords. Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}, "
            "or ask an administrator to unlock the account.",
            wait=wait,
        )
    return Attempt(digest, place, any(_is_pair(failure, digest, place) for failure in failures))


def note_success(attempt: Attempt) -> None:
    """Forget what failed for this name from this address."""
    if attempt.has_failed:
        FailedSignIn.objects.filter(name_digest=attempt.name_digest, address=attempt.address).delete()


@transaction.atomic
def note_failure(attempt: Attempt, person: User | None) -> None:
    """Count a wrong password; `person` is whose it was, if the name is anybody's, and the log tells of it then."""
    if person is not None:  # one at a time, so that exactly one of them reaches the limit
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
    FailedSignIn.objects.create(name_digest=attempt.name_digest, address=attempt.address)
    if person is None:
        return
    system = User.objects.get(kind=User.Kind.SYSTEM)
    record(Kind.SIGN_IN_FAILED, actor=system, subject=person)
    failures = _failures(attempt.name_digest, attempt.address)
    for rule, _, excess in _locks(failures, attempt.name_digest, attempt.address, timezone.now()):
        if rule != "address" and excess == 0:
            record(Kind.SIGN_IN_LOCKED, actor=system, subject=person, locked=rule.replace("_", " "))
            break


def digest_of(what: str) -> str:
    """What stands in the table for that which somebody tries to come past."""
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()


def digest_of_typed(name: str) -> str:
    """The same for a name that somebody types, who so cannot count against anything but names.

    User name and e-mail of one person have two digests, and all spellings of either one have the same.
    """
    return digest_of(f"name {as_stored(name)}")


def as_stored(name: str) -> str:
    """A typed name or e-mail as it stands in the table, where it is looked for exactly.

    A database has its own idea of which letters are the same but for their case; a spelling that it takes for the
    name and that has another digest would give more tries.
    """
    return name.lower()


def longest_window() -> timedelta:
    """For how long a failure counts at most."""
    return timedelta(seconds=max(window for _, window in settings.SIGN_IN_LOCKS.values()))


def _failures(digest: str, place: str) -> list[Any]:
    """What counts for this name or from this address, newest first."""
    now = timezone.now()
    windows = {rule: timedelta(seconds=window) for rule, (_, window) in settings.SIGN_IN_LOCKS.items()}
    return _lately.all(
        name=digest,
        since_name=now - max(windows["name"], windows["name_and_address"]),
        address=place,
        since_address=now - windows["address"],
    )


def _locks(failures: Sequence[Any], digest: str, place: str, now: datetime) -> Iterator[tuple[str, datetime, int]]:
    """The rules that are broken: which, until when, and by how many failures beyond its limit."""
    counted = {
        "name_and_address": [failure for failure in failures if _is_pair(failure, digest, place)],
        "name": [failure for failure in failures if failure.name_digest == digest],
        "address": [failure for failure in failures if place and failure.address == place],
    }
    for rule, (limit, seconds) in settings.SIGN_IN_LOCKS.items():
        window = timedelta(seconds=seconds)
        times = [failure.at for failure in counted[rule] if failure.at > now - window]
        if len(times) >= limit:
            yield rule, times[limit - 1] + window, len(times) - limit


def _is_pair(failure: Any, digest: str, place: str) -> bool:
    return bool(failure.name_digest == digest and failure.address == place)


def place_of(address: str) -> str:
    """The address, or the network of an IPv6 address, of which one customer has as many as they like."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or ipaddress.ip_network((found, 64), strict=False))
