"""How scanning itself is: engine, rules and list with their age, the queue, and what the present release changed."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from accounts.models import Registry, User
from lib.errors import Invalid
from lib.paging import Page, decode, encode
from registry.models import ModelVersion
from registry.queries import versions_for
from scanning.engine import ENGINE, allow_list, rules
from scanning.models import OPEN_VERDICTS, EngineRelease, Scan, Verdict
from scanning.present import present_engine
from scanning.queries import changes_by
from scanning.standing import weight

_LIST_KEYS = ["full_name"]


@dataclass(frozen=True)
class Engine:
    """What verdicts rest on now; `since` is when it was first at work here."""

    name: str
    engine: str
    rules: str
    rule_count: int
    allow_list: str
    name_count: int
    since: datetime | None


@dataclass(frozen=True)
class Queue:
    """The scans of the present engine that are not done, and how today went."""

    waiting: int
    running: int
    oldest_waiting: datetime | None
    failed_today: int
    finished_today: int


@dataclass(frozen=True)
class Change:
    """So many trees went from one verdict to another."""

    before: str
    after: str
    count: int

    @property
    def is_worse(self) -> bool:
        """Whether the present engine found more."""
        return weight(self.after) > weight(self.before)


@dataclass(frozen=True)
class Report:
    """How far the present release has come with what was kept when it began."""

    release: EngineRelease
    done: int
    changes: list[Change]

    @property
    def percent(self) -> int:
        """Of a hundred."""
        whole = max(self.release.trees, self.release.asked)
        return 100 if self.release.finished_at or not whole else min(99, 100 * self.done // whole)


@dataclass(frozen=True)
class ListedName:
    """One name of the allow list, and what it may be used for."""

    full_name: str
    module: str
    name: str
    use: str


def engine_now() -> Engine:
    """The engine of this process."""
    release = EngineRelease.objects.filter(engine=present_engine()).first()
    return Engine(
        name=present_engine(),
        engine=ENGINE,
        rules=rules.VERSION,
        rule_count=len(rules.RULES),
        allow_list=allow_list.version(),
        name_count=len(_listed()),
        since=release.began_at if release else None,
    )


def queue_now() -> Queue:
    """What waits and what is at work, and how many scans have ended since midnight UTC."""
    mine = Scan.objects.filter(engine=present_engine())
    waiting = mine.filter(verdict=Verdict.QUEUED).aggregate(count=Count("pk"), oldest=Min("requested_at"))
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = mine.filter(finished_at__gte=midnight)
    ended = dict(today.values_list("verdict").annotate(count=Count("pk")).order_by())
    return Queue(
        waiting=waiting["count"],
        running=mine.filter(verdict=Verdict.SCANNING).count(),
        oldest_waiting=waiting["oldest"],
        failed_today=ended.get(Verdict.FAILED, 0),
        finished_today=sum(ended.values()),
    )


def report_now(*, actor: User) -> Report | None:
    """The release of the present engine, with what it changed among the files that the actor sees; None before any."""
    release = EngineRelease.objects.filter(engine=present_engine()).first()
    return report_on(release, among=changes_for(release, actor=actor)) if release else None


def report_on(release: EngineRelease, *, among: QuerySet[Scan] | None = None) -> Report:
    """How far a release has come, and what it changed among these scans, or in all."""
    opened = Scan.objects.filter(engine=release.engine, verdict__in=OPEN_VERDICTS, priority__gt=0).count()
    found = changes_by(release) if among is None else among
    rows = found.values("previous_verdict", "verdict").annotate(count=Count("pk"))
    changes = [Change(row["previous_verdict"], row["verdict"], row["count"]) for row in rows.order_by()]
    changes.sort(key=lambda change: (-weight(change.after), -weight(change.before)))
    return Report(release, max(release.asked - opened, 0), changes)


def changes_for(release: EngineRelease, *, actor: User) -> QuerySet[Scan]:
    """The scans of a release with another verdict than before, of files of versions that the actor sees."""
    seen = versions_for(actor).order_by().values("tree")
    return changes_by(release).filter(tree__in=seen).select_related("tree")


def versions_with(trees: Iterable[int], *, actor: User, registry: Registry | None = None) -> dict[int, ModelVersion]:
    """By the key of the tree, the newest version with these files that the actor sees, in this registry or anywhere."""
    rows = versions_for(actor).filter(tree__in=list(trees)).order_by("pk")
    rows = rows.filter(model__registry=registry) if registry else rows
    return {version.tree_id: version for version in rows if version.tree_id}


def search_list(words: str = "", *, size: int = 50, token: str | None = None) -> Page[ListedName]:
    """A page of the allow list, in order: the names that hold `words` in any case."""
    listed, start = _listed(), 0
    if token:
        (last,) = decode(token, _LIST_KEYS)
        if not isinstance(last, str):
            raise Invalid("page_token", "The page token is not one that this server made.")
        start = bisect_right(listed, last, key=lambda row: row.full_name)
    wanted = words.strip().casefold()
    found: list[ListedName] = []
    for row in listed[start:]:
        if wanted in row.full_name.casefold():
            found.append(row)
            if len(found) > size:
                return Page(found[:size], encode(_LIST_KEYS, [found[size - 1].full_name]))
    return Page(found, None)


@cache
def _listed() -> list[ListedName]:
    rows = [
        ListedName(f"{module}.{name}", module, name, use.value) for (module, name), use in allow_list.names().items()
    ]
    return sorted(rows, key=lambda row: row.full_name)
