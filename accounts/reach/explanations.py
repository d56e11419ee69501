"""Why somebody may or may not do something: the answer of `access.can` with every step that leads to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, Model, OuterRef
from django.utils import timezone

from accounts import access
from accounts.models import Limit, Team, User
from accounts.reach.effective_roles import Link, chain_of, grants_table_of, maintainers_of
from accounts.rights import (
    AUDITOR_RIGHTS,
    RIGHTS_OF,
    RIGHTS_ON_OWN,
    SCOPE_FOR,
    Right,
    Role,
    roles_with,
    roles_with_on_own,
)
from events.kinds import Kind
from events.models import Event
from lib.errors import NotFound

_FEW = 5
_LEADS = Team.leads.through.objects.filter(team=OuterRef("pk"))


class Effect(StrEnum):
    """What a step does to the answer. It is yes when a step gives the right and none refuses it."""

    GIVES = "gives"
    REFUSES = "refuses"
    ADDS_NOTHING = "adds nothing"
    NOTES = "notes"


@dataclass(frozen=True)
class Step:
    """One fact on the way to the answer; `data` holds the same for programs, as plain JSON values."""

    kind: str
    effect: Effect
    sentence: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Explanation:
    """Whether an account has a right on a thing (None: the installation), and why."""

    account: User
    right: Right
    thing: Model | None
    allowed: bool
    steps: list[Step]
    # What was asked about beyond the right, such as a move.
    wish: str = ""

    @property
    def sentence(self) -> str:
        """The answer in one line."""
        if self.wish:
            return f"{self.account.name} {'may' if self.allowed else 'may not'} {self.wish}."
        verb = "has" if self.allowed else "does not have"
        return f"{self.account.name} {verb} the right “{self.right}” on {named(self.thing)}."


def explanation_for(name: str, right: Right, thing: Model | None, *, actor: User) -> Explanation:
    """The answer for the account of this name, or for the present request of the actor: its token counts then.

    People ask about themselves on anything that they see; about others those ask who have AUDIT on the thing.
    Raises NotFound, also for a thing that the actor does not see, and Forbidden.
    """
    if thing is not None:
        access.require(actor, Right.SEE, thing)
    account: User | None = actor
    if name not in ("", actor.username):
        access.require(actor, Right.AUDIT, thing)
        account = User.objects.filter(username=name).first()
    if account is None:
        raise NotFound(f"Account {name} was not found.")
    asker = None if account == actor else actor
    return explain(account, right, thing, asker=asker, names_maintainers=access.can(actor, Right.AUDIT, thing))


def explain(
    account: User,
    right: Right,
    thing: Model | None,
    *,
    asker: User | None = None,
    names_maintainers: bool = False,
) -> Explanation:
    """Whether the account has the right, with the scopes and the limit that it carries, and every reason for it.

    Asks nobody whether this may be known: see `explanation_for`. Of roles that do not count, since they are on what a
    restricted thing is cut off from, somebody else who asks (`asker`) learns only where they may see who has which.
    """
    steps = [*_about_account(account, right, thing), *_about_token(account, right, thing)]
    allowed = access.can(account, right, thing)
    if thing is not None and right is not Right.ADMINISTER and not access.rules(account, right):
        links = chain_of(thing)
        told = [link for link in links if not link.cut_at or not asker or access.can(asker, Right.AUDIT, link.thing)]
        steps += _about_grants(account, right, thing, links, told)
        if not allowed:
            steps += _what_is_missing(right, links, names_maintainers=names_maintainers)
    return Explanation(account, right, thing, allowed, steps)


def named(thing: Model | None) -> str:
    """The thing with its noun: model iris."""
    if thing is None:
        return "this installation"
    noun = str(thing._meta.verbose_name)
    return str(thing) if f" {noun} " in f" {thing} " else f"{noun} {thing}"


def role_words(role: str) -> str:
    """The role as people write it."""
    return role.replace("_", " ")


def moment_words(at: datetime) -> str:
    """A moment as sentences have it."""
    return f"{at:%-d %B %Y, %H:%M} UTC"


def _about_account(account: User, right: Right, thing: Model | None) -> Iterator[Step]:
    """What the account is, whatever roles it has."""
    if not account.is_active:
        yield Step("inactive", Effect.REFUSES, f"The account {account.username} is deactivated, so it may nothing.")
    if account.is_system:
        yield Step("system", Effect.GIVES, "This is Gatehouse itself, which may do everything.")
    elif account.is_superuser:
        yield Step("administrator", Effect.GIVES, f"{account.name} is an administrator, who may do everything.")
    elif account.is_auditor and right in AUDITOR_RIGHTS:
        yield Step("auditor", Effect.GIVES, f"{account.name} is an auditor, who may read everything.")
    elif account.is_auditor:
        text = f"{account.name} is an auditor, who changes nothing, whatever roles the account has."
        yield Step("auditor", Effect.REFUSES, text)
    elif right is Right.ADMINISTER or thing is None:
        text = "No role gives a right on the whole installation: administrators have them all, auditors may read."
        yield Step("installation", Effect.REFUSES, text)


def _about_token(account: User, right: Right, thing: Model | None) -> Iterator[Step]:
    """What the token of the present request leaves of the account's rights."""
    scope = SCOPE_FOR[right]
    if account.scopes is not None:
        has = scope in account.scopes
        text = (
            f"The token has the scope “{scope}”." if has else f"The token lacks the scope “{scope}”, which this needs."
        )
        yield Step("scope", Effect.NOTES if has else Effect.REFUSES, text, {"scope": scope.value})
    if account.limit is not None:
        is_within = thing is not None and right is not Right.ADMINISTER and _lies_within(account.limit, thing)
        text = (
            "The token is limited to one thing, in which this lies."
            if is_within
            else f"The token is limited to one thing, and {named(thing)} is not within it."
        )
        yield Step("limit", Effect.NOTES if is_within else Effect.REFUSES, text)


def _lies_within(limit: Limit, thing: Any) -> bool:
    while thing is not None:
        if thing._meta.label_lower == limit.kind and thing.pk == limit.pk:
            return True
        above = getattr(thing, "access_part_of", None) or getattr(thing, "access_inherits", None)
        thing = getattr(thing, above) if above else None
    return False


def _about_grants(account: User, right: Right, thing: Model, links: list[Link], told: list[Link]) -> Iterator[Step]:
    """Every role of every team of the account along the chain, also those that do not count, and why.

    Of the links that are not `told` the roles stay untold.
    """
    if links[0].thing != thing:
        yield Step(
            "part", Effect.NOTES, f"What may be done with {named(thing)} is what may be done with {_on(links[0])}."
        )
    teams = Team.objects.filter(group__user=account).annotate(is_led=Exists(_LEADS.filter(user=account.pk)))
    by_group = {team.group_id: team for team in teams}
    count, is_own = 0, _is_own(account, thing)
    for link in links:
        if link.cut_at is not None:
            text = f"{_capital(named(link.cut_at))} is restricted: roles on {_on(link)} do not count there."
            yield Step("restricted", Effect.NOTES, text, {"thing": named(link.cut_at)})
        if link not in told:
            continue
        rows = grants_table_of(link.thing).objects.filter(content_object=link.thing, group__in=list(by_group))
        for grant in rows.select_related("permission").order_by("pk"):
            count += 1
            words = _grant_words(account, by_group[grant.group_id], grant, link, links[0])
            yield _grant_step(right, by_group[grant.group_id], grant, link, words, is_own=is_own)
    if not count:
        text = f"{account.name} is in no team that has a role on {' or on '.join(_on(link) for link in links)}."
        yield Step("no role", Effect.ADDS_NOTHING, text)
    yield from _ended_before(account, [team.name for team in by_group.values()], told)


def _grant_words(account: User, team: Any, grant: Any, link: Link, first: Link) -> str:
    where = f"the role {role_words(grant.permission.codename)} on {_on(link)}"
    if team.is_personal:
        where = f"{account.name} has {where}"
    else:
        where = f"{account.name} is in team {team.name} ({'a lead' if team.is_led else 'a member'}), which has {where}"
    return where if link is first or link.cut_at is not None else f"{where}, which {_on(first)} inherits"


def _grant_step(right: Right, team: Any, grant: Any, link: Link, words: str, *, is_own: bool) -> Step:
    role = Role(grant.permission.codename)
    data = {
        "team": None if team.is_personal else team.name,
        "role": role.value,
        "on": named(link.thing),
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
    }
    if grant.ends_at and grant.ends_at <= timezone.now():
        return Step("ended", Effect.ADDS_NOTHING, f"{words}. It ended on {moment_words(grant.ends_at)}.", data)
    if grant.ends_at:
        words += f", until {moment_words(grant.ends_at)}"
    on_own = right in RIGHTS_ON_OWN.get(role, ())
    if right not in RIGHTS_OF[role] and not on_own:
        return Step("role", Effect.ADDS_NOTHING, f"{words}. That role does not include the right “{right}”.", data)
    if link.cut_at is not None:
        return Step("role", Effect.ADDS_NOTHING, f"{words}. It does not count here.", data)
    if right in RIGHTS_OF[role]:
        return Step("role", Effect.GIVES, f"{words}. That role includes the right “{right}”.", data)
    if is_own:
        text = f"{words}. That role includes the right “{right}” on what is one's own, which this is."
        return Step("role", Effect.GIVES, text, data)
    text = f"{words}. That role includes the right “{right}” on what is one's own only, which this is not."
    return Step("role", Effect.ADDS_NOTHING, text, data)


def _is_own(account: User, thing: Any) -> bool:
    """Whether the account, or one of its service accounts, made the thing or what it is a part of."""
    while thing is not None:
        if owner := getattr(thing, "access_owner", None):
            maker = getattr(thing, owner)
            if maker is not None and account.pk in (maker.pk, maker.owner_id):
                return True
        part_of = getattr(thing, "access_part_of", None)
        thing = getattr(thing, part_of) if part_of else None
    return False


def _ended_before(account: User, teams: list[str], links: list[Link]) -> Iterator[Step]:
    """Roles that ended and are gone from the tables, as the log has them."""
    for link in links:
        lines = Event.objects.filter(
            kind=Kind.ROLE_ENDED,
            subject_type=type(link.thing).__name__,
            subject_id=link.thing.pk,
            details__team__in=teams,
        )
        for line in lines.order_by("-id")[:_FEW]:
            role, team = str(line.details.get("role", "")), str(line.details.get("team", ""))
            whose = account.name if ":" in team else f"Team {team}"
            text = f"{whose} had the role {role_words(role)} on {_on(link)}. It ended on {moment_words(line.at)}."
            yield Step("ended", Effect.ADDS_NOTHING, text, {"role": role, "ended_at": line.at.isoformat()})


def _what_is_missing(right: Right, links: list[Link], *, names_maintainers: bool) -> Iterator[Step]:
    """Which roles would give the right, and who can give them."""
    roles = roles_with(right)
    counting = [link for link in links if link.cut_at is None]
    where, names = (
        _in_words([_on(link) for link in counting], "or"),
        _in_words([role_words(role) for role in roles], "or"),
    )
    text = f"The right “{right}” comes with the role {names} on {where}."
    if on_own := roles_with_on_own(right):
        text = (
            f"{text[:-1]}; with the role {_in_words([role_words(role) for role in on_own], 'or')} on what is one's own."
        )
    yield Step("needed", Effect.NOTES, text, {"roles": roles, "on": [named(link.thing) for link in counting]})
    text = f"A maintainer of {where} can give it."
    people = list(maintainers_of(links[0].thing)[:_FEW]) if names_maintainers else []
    if people:
        text = f"{text[:-1]}: {_in_words([person.name for person in people], 'or')}."
    elif names_maintainers:
        text = f"Nobody is a maintainer of {where}; an administrator can give it."
    yield Step("ask", Effect.NOTES, text, {"maintainers": [person.username for person in people]})


def _on(link: Link) -> str:
    return named(link.thing)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _in_words(words: list[str], last: str) -> str:
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end
