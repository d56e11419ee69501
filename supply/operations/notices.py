"""Telling the owners of live versions what was found in what these require, and what has gone again: one mail a person.

A row is marked before its mail goes out, and the mark is taken back when the mail server refuses it: nobody is told
twice. What a worker that dies in between takes along stands in the log and on the pages all the same.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from accounts import access
from accounts.models import User
from accounts.rights import Right
from supply.audit.mail import send_notice
from supply.models import Exposure

AT_ONCE = 1_000
_PEOPLE = ("version__model__registry", "version__model__owner__owner", "version__uploader__owner")


def tell_owners(*, actor: User) -> int:
    """Send what is still to be sent; says how many things people were told of, 0 when there is nothing left."""
    access.require(actor, Right.ADMINISTER, None)
    told = _claimed()
    news: dict[User, list[Exposure]] = defaultdict(list)
    for exposure in told:
        for person in _owners(exposure):
            news[person].append(exposure)
    refused = {exposure for person, lines in news.items() if not send_notice(person, lines) for exposure in lines}
    if refused:
        _give_back(list(refused))
    return len(told) - len(refused)


@transaction.atomic
def _claimed() -> list[Exposure]:
    waiting = Exposure.objects.filter(Q(tells_opening=True) | Q(tells_closing=True)).order_by("pk")
    keys = list(waiting.select_for_update().values_list("pk", flat=True)[:AT_ONCE])
    rows = Exposure.objects.filter(pk__in=keys).select_related("advisory", "package", *_PEOPLE).order_by("pk")
    found = list(rows.defer("advisory__document"))
    Exposure.objects.filter(pk__in=keys).update(tells_opening=False, tells_closing=False)
    return found


def _give_back(refused: Sequence[Exposure]) -> None:
    """As it was: a row has only one of the two to tell."""
    Exposure.objects.filter(pk__in=[row.pk for row in refused if row.tells_opening]).update(tells_opening=True)
    Exposure.objects.filter(pk__in=[row.pk for row in refused if row.tells_closing]).update(tells_closing=True)


def _owners(exposure: Exposure) -> set[User]:
    """Who owns the model and who uploaded the version, or whoever answers for the account; if they see it still."""
    accounts = (exposure.version.model.owner, exposure.version.uploader)
    people = {account.owner or account for account in accounts}
    return {
        person
        for person in people
        if person.kind == User.Kind.PERSON and access.can(person, Right.SEE, exposure.version)
    }
