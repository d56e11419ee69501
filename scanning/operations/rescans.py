"""Scanning again what is kept when the engine, its rules or its list are others than before: what is live first.

A release notes how far it has asked: first through the trees with a live version, then through all, by their keys. Each
batch is as large as the queue has room, so that uploads never wait behind a million old files. Whoever is killed on the
way leaves the mark where it was; the same tree has one scan for one engine, so a batch that is asked twice asks once.
"""

from collections import Counter

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import Tree
from events.kinds import Kind
from events.record import record
from registry.models import ModelVersion
from registry.queries import live
from scanning.models import OPEN_VERDICTS, EngineRelease, Priority, Scan, Verdict
from scanning.present import present_engine
from scanning.queries import changes_by, ended_by_others

# So many scans of the background wait at most.
MOST_WAITING = 1_000
_PRIORITIES = {EngineRelease.Phase.LIVE: Priority.LIVE, EngineRelease.Phase.REST: Priority.REST}


@transaction.atomic
def begin_rescan(*, actor: User) -> EngineRelease:
    """The release of the present engine; a new one if another engine was at work last, also after a step back."""
    access.require(actor, Right.ADMINISTER, None)
    engine = present_engine()
    newest = _newest()
    if newest and newest.engine == engine:
        return newest
    release, is_new = EngineRelease.objects.select_for_update().get_or_create(engine=engine)
    if not is_new and _newest() == release:
        return release  # another process was faster
    release.began_at, release.finished_at = timezone.now(), None
    release.phase, release.reached, release.asked = EngineRelease.Phase.LIVE, 0, 0
    release.trees = _unscanned(engine, _kept()).count()
    if not release.trees:
        release.finished_at = release.began_at
    release.save(update_fields=["began_at", "finished_at", "phase", "reached", "asked", "trees"])
    if release.trees:
        record(
            Kind.RESCAN_BEGUN,
            actor=actor,
            subject=release,
            before=newest.engine if newest else None,
            after=engine,
            trees=release.trees,
        )
    return release


@transaction.atomic
def continue_rescan(release: EngineRelease, *, actor: User) -> list[int]:
    """Ask for as many further scans as the queue has room, and end the release when all are done.

    Returns the keys of the scans for which a message is to be sent.
    """
    access.require(actor, Right.ADMINISTER, None)
    locked = EngineRelease.objects.select_for_update().get(pk=release.pk)
    if locked.finished_at is not None or locked.engine != present_engine():
        return []
    waiting = Scan.objects.filter(verdict=Verdict.QUEUED, engine=locked.engine, priority__gt=Priority.ASKED)
    room = MOST_WAITING - waiting.count()
    keys: list[int] = []
    while room > len(keys) and locked.phase != EngineRelease.Phase.ASKED:
        keys += _ask(locked, room - len(keys))
    if locked.phase == EngineRelease.Phase.ASKED and not keys:
        _finish(locked, actor)
    locked.save(update_fields=["phase", "reached", "asked", "finished_at"])
    return keys


def _ask(release: EngineRelease, most: int) -> list[int]:
    """Ask for the next scans of this phase; when it has no more, go on to the next."""
    phase = EngineRelease.Phase(release.phase)
    kept = live(_kept()) if phase == EngineRelease.Phase.LIVE else _kept()
    before = ended_by_others().filter(tree=OuterRef("pk")).values("verdict")[:1]
    found = _unscanned(release.engine, kept).filter(pk__gt=release.reached).order_by("pk")
    trees = list(found.values_list("pk", Subquery(before))[:most])
    Scan.objects.bulk_create(
        (
            Scan(tree_id=tree, engine=release.engine, priority=_PRIORITIES[phase], previous_verdict=said or "")
            for tree, said in trees
        ),
        ignore_conflicts=True,
    )
    if len(trees) < most:
        release.phase, release.reached = phase + 1, 0
    else:
        release.reached = trees[-1][0]
    release.asked += len(trees)
    asked = Scan.objects.filter(engine=release.engine, tree__in=[tree for tree, _ in trees], verdict=Verdict.QUEUED)
    return list(asked.order_by("pk").values_list("pk", flat=True))


def _finish(release: EngineRelease, actor: User) -> None:
    """Note the end, if every scan has ended and no tree was left out."""
    again = Scan.objects.filter(engine=release.engine, verdict__in=OPEN_VERDICTS, priority__gt=Priority.ASKED)
    if again.exists():
        return
    if _unscanned(release.engine, _kept()).exists():
        release.phase, release.reached = EngineRelease.Phase.LIVE, 0
        return
    release.finished_at = timezone.now()
    rows = changes_by(release).values("previous_verdict", "verdict").annotate(count=Count("pk")).order_by()
    changed = Counter({f"{row['previous_verdict']} to {row['verdict']}": row["count"] for row in rows})
    record(Kind.RESCAN_FINISHED, actor=actor, subject=release, trees=release.trees, changed=dict(changed))


def _newest() -> EngineRelease | None:
    return EngineRelease.objects.order_by(F("began_at").desc(), "-pk").first()


def _kept() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(deleted_at=None, model__deleted_at=None)


def _unscanned(engine: str, versions: QuerySet[ModelVersion]) -> QuerySet[Tree]:
    """The trees of these versions that this engine has no scan of."""
    scans = Scan.objects.filter(tree=OuterRef("pk"), engine=engine)
    return Tree.objects.filter(Exists(versions.filter(tree=OuterRef("pk"))), ~Exists(scans))
