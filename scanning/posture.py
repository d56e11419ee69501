"""How a registry stands: how many of its versions are clean, accepted, doubtful or unsafe, and what needs somebody."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone

from accounts.models import Registry, User
from registry.models import ModelVersion
from registry.queries import live, versions_for
from scanning.models import OPEN_VERDICTS, AllowedName, Quarantine, Scan, Verdict, Waiver
from scanning.present import present_engine
from scanning.queries import in_force, newest_first, standings_of, waivers_for
from scanning.standing import Standing

# What a page counts and judges at most; a registry with more says so.
MOST_COUNTED = 20_000
MOST_JUDGED = 1_000
MOST_LISTED = 50
SOON = timedelta(days=14)

ACCEPTED, UNSCANNED, ELSEWHERE = "accepted", "not-scanned", "kept-elsewhere"
# In this order everywhere; the words of verdicts and three of our own.
KINDS = {
    "clean": "Clean",
    ACCEPTED: "Accepted",
    "needs-review": "Needs review",
    "unsafe": "Unsafe",
    "failed": "Scan failed",
    "waiting": "Waiting for the scan",
    UNSCANNED: "Never scanned",
    ELSEWHERE: "Kept elsewhere",
}


@dataclass(frozen=True)
class Line:
    """One kind of standing: its word, and how many versions are of it, live and in all."""

    kind: str
    label: str
    live: int
    all: int


@dataclass(frozen=True)
class Posture:
    """The versions of a registry that somebody sees, by what their verdict comes to there."""

    lines: list[Line]
    counted: int
    is_partial: bool
    # Versions whose last scan is by another engine than the present one.
    stale: int
    # Live versions that are not clean, newest first, each with its standing.
    concerns: list[tuple[ModelVersion, Standing]] = field(default_factory=list)


def posture_of(registry: Registry, *, actor: User) -> Posture:
    """How the versions of a registry that the actor sees stand."""
    versions = versions_for(actor).filter(model__registry=registry)
    newest = ModelVersion.objects.filter(pk__in=versions.order_by("-pk").values("pk")[:MOST_COUNTED])
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    stale = counted = 0
    for row in _judged(newest).values("judged", "is_live").annotate(count=Count("pk")).order_by():
        kind, engine = _parts(row["judged"])
        for live_only in (True, False) if row["is_live"] else (False,):
            counts[live_only][kind] += row["count"]
        stale += row["count"] if engine not in ("", present_engine()) else 0
        counted += row["count"]
    shifted = list(_judged(_shifted(newest, registry)).order_by("-pk")[:MOST_JUDGED])
    doubtful = list(_judged(live(versions)).exclude(judged=_CLEAN + present_engine()).order_by("-pk")[:MOST_JUDGED])
    standings = standings_of([*shifted, *doubtful])
    for version in shifted:
        before, _ = _parts(version.judged)
        after = _kind(standings[version.pk], before)
        for live_only in (True, False) if version.is_live else (False,):
            counts[live_only].subtract([before])
            counts[live_only].update([after])
    concerned = {version.pk: version for version in [*doubtful, *(row for row in shifted if row.is_live)]}
    concerns = [(version, standings[pk]) for pk, version in sorted(concerned.items(), reverse=True)]
    concerns = [(version, standing) for version, standing in concerns if version.tree_id and not standing.is_clean]
    lines = [Line(kind, label, counts[True][kind], counts[False][kind]) for kind, label in KINDS.items()]
    return Posture(lines, counted, counted >= MOST_COUNTED, stale, concerns[:MOST_LISTED])


def waivers_ending_soon(registry: Registry, *, actor: User) -> QuerySet[Waiver]:
    """The waivers in force that end within two weeks, the next first."""
    rows = waivers_for(actor).filter(in_force(), registry=registry, ends_at__lte=timezone.now() + SOON)
    return rows.order_by("ends_at", "pk")


def _shifted(versions: QuerySet[ModelVersion], registry: Registry) -> QuerySet[ModelVersion]:
    """Those of the versions that may stand otherwise than their verdict says."""
    waived = Waiver.objects.filter(in_force(), registry=registry)
    telling = Q(tree__in=waived.values("tree")) | Q(tree__in=Quarantine.objects.filter(lifted_at=None).values("tree"))
    if AllowedName.objects.filter(registry=registry).exists():
        named = Scan.objects.filter(engine=present_engine(), verdict=Verdict.NEEDS_REVIEW)
        telling |= Q(tree__in=named.values("tree"))
    return versions.filter(telling).select_related("model__registry")


def _kind(standing: Standing, otherwise: str) -> str:
    if standing.is_accepted:
        return ACCEPTED
    return standing.effective if standing.effective and standing.effective in KINDS else otherwise


_BETWEEN = "/"
_CLEAN = f"{Verdict.CLEAN.value}{_BETWEEN}"


def _judged(versions: QuerySet[ModelVersion]) -> QuerySet[Any]:
    """Each with the verdict that counts and whose it is, in one text, and whether people load the version."""
    scans = newest_first().filter(tree=OuterRef("tree"))
    said = scans.annotate(said=Concat("verdict", Value(_BETWEEN), "engine")).values("said")[:1]
    none = Case(When(tree=None, then=Value(ELSEWHERE)), default=Value(UNSCANNED), output_field=CharField())
    return versions.annotate(
        judged=Coalesce(Subquery(said), none),
        is_live=Exists(live(ModelVersion.objects.filter(pk=OuterRef("pk")))),
    )


def _parts(judged: str) -> tuple[str, str]:
    """The kind of a standing that the verdict alone makes, and the engine."""
    verdict, _, engine = judged.partition(_BETWEEN)
    return ("waiting" if verdict in OPEN_VERDICTS else verdict), engine


@dataclass(frozen=True)
class LiveCount:
    """The live versions of a registry that somebody sees, and how many of them no clean scan stands behind."""

    registry: Registry
    live: int
    not_clean: int


def live_counts(registries: Iterable[Registry], *, actor: User) -> list[LiveCount]:
    """By registry, in one query for all of them; without what people accept, which each registry's own page tells."""
    found = list(registries)
    rows = live(versions_for(actor)).filter(model__registry__in=[registry.pk for registry in found])
    newest = newest_first().filter(tree=OuterRef("tree")).values("verdict")[:1]
    grouped = rows.annotate(verdict=Subquery(newest)).values("model__registry", "verdict")
    counts: dict[int, Counter[bool]] = {}
    for row in grouped.annotate(count=Count("pk")).order_by():
        counts.setdefault(row["model__registry"], Counter())[row["verdict"] == Verdict.CLEAN] += row["count"]
    return [
        LiveCount(registry, counted.total(), counted[False])
        for registry in found
        for counted in [counts.get(registry.pk, Counter())]
    ]
