"""Carrying scans out, and picking up those whose worker died.

A worker takes a scan by compare-and-swap and says every few seconds that it is alive. One that has been silent for
`STALE_AFTER` is dead; its scan is queued again under the next attempt number, with which alone a verdict can be stored.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from scanning.mail import tell_owners
from scanning.materials import files_of
from scanning.models import OPEN_VERDICTS, Finding, Scan, Verdict, finding_key
from scanning.present import present_engine
from scanning.sandbox import Report, scan_files
from scanning.standing import weight

ALIVE_EVERY = timedelta(seconds=10)
STALE_AFTER = timedelta(seconds=45)
# A queue may be long: what was sent is not sent again at once, or the messages would pile up.
SEND_AGAIN_AFTER = timedelta(minutes=15)
MOST_ATTEMPTS = 3


def carry_out(scan: Scan, *, actor: User) -> None:
    """Scan the tree and store the verdict. Does nothing if another worker has the scan or it is finished."""
    access.require(actor, Right.ADMINISTER, None)
    if _take(scan.pk):
        _look_into(scan, actor)


def carry_out_next(*, oldest: bool = False, actor: User) -> Scan | None:
    """Carry out the most urgent scan that waits for the present engine, or the `oldest`; None when none waits.

    A message is only a wake-up: whoever gets one takes what matters most by now. Now and then a worker should take the
    oldest, or what is merely scanned again would never get its turn where much is uploaded.
    """
    access.require(actor, Right.ADMINISTER, None)
    order = ["pk"] if oldest else ["priority", "pk"]
    waiting = Scan.objects.filter(verdict=Verdict.QUEUED, engine=present_engine()).order_by(*order)
    while scan := waiting.select_related("tree").first():
        # Another worker may have been faster; then there is another one to look at.
        if _take(scan.pk):
            _look_into(scan, actor)
            return scan
    return None


def give_back_stale_scans(*, actor: User) -> list[int]:
    """Queue again what a dead worker or a lost message left behind; returns the keys of what is to be sent again.

    A scan that has brought down several workers has failed, which is not clean.
    """
    access.require(actor, Right.ADMINISTER, None)
    now = timezone.now()
    _drop_superseded(now)
    mine = Scan.objects.filter(engine=present_engine())
    dead = mine.filter(verdict=Verdict.SCANNING, taken_at__lt=now - STALE_AFTER)
    for scan in dead.filter(attempts__gte=MOST_ATTEMPTS):
        _give_up(scan, actor)
    never_sent = Q(taken_at=None, requested_at__lt=now - STALE_AFTER)
    sent_long_ago = Q(taken_at__lt=now - SEND_AGAIN_AFTER)
    silent = dead | mine.filter(never_sent | sent_long_ago, verdict=Verdict.QUEUED)
    keys = list(silent.values_list("pk", flat=True))
    # Asked again with the change: a worker may have come to an end, or to life, since the keys were read.
    silent.filter(pk__in=keys).update(verdict=Verdict.QUEUED, taken_at=now)
    return keys


def _drop_superseded(now: datetime) -> None:
    """Forget what another engine was to scan and nobody works on: it has no opinion, and the present one looks anew."""
    others = Scan.objects.filter(verdict__in=OPEN_VERDICTS, requested_at__lt=now - SEND_AGAIN_AFTER)
    silent = Q(taken_at=None) | Q(taken_at__lt=now - SEND_AGAIN_AFTER)
    others.filter(silent).exclude(engine=present_engine()).delete()


def _take(pk: int) -> bool:
    """Have the scan for this worker alone."""
    queued = Scan.objects.filter(pk=pk, verdict=Verdict.QUEUED)
    return queued.update(verdict=Verdict.SCANNING, taken_at=timezone.now(), attempts=F("attempts") + 1) == 1


def _look_into(scan: Scan, actor: User) -> None:
    scan.refresh_from_db()
    with _saying_alive(scan):
        report = scan_files(files_of(scan.tree))
    _store(scan, report, actor)


@contextmanager
def _saying_alive(scan: Scan) -> Iterator[None]:
    """Refresh `taken_at` from a thread of its own while the block runs."""
    done = threading.Event()

    def say() -> None:
        while not done.wait(ALIVE_EVERY.total_seconds()):
            try:
                Scan.objects.filter(pk=scan.pk, attempts=scan.attempts).update(taken_at=timezone.now())
            except DatabaseError:
                # One missed beat is no death; the next one comes over a new connection.
                connection.close()
        connection.close()

    thread = threading.Thread(target=say, name=f"alive-{scan.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@transaction.atomic
def _store(scan: Scan, report: Report, actor: User) -> None:
    mine = Scan.objects.filter(pk=scan.pk, verdict=Verdict.SCANNING, attempts=scan.attempts)
    now = timezone.now()
    stored = mine.update(
        verdict=report.verdict,
        rules=report.rules,
        allow_list=report.allow_list,
        facts=_storable(report.facts),
        finished_at=now,
    )
    if stored != 1:
        return  # we were taken for dead, and another worker has the scan
    Finding.objects.bulk_create(
        Finding(
            scan=scan,
            path=finding.file,
            scanner=finding.scanner,
            severity=finding.severity,
            rule=finding.rule,
            subject=_storable(finding.subject),
            key=finding_key(finding.file, finding.rule, finding.subject or finding.message),
            message=_storable(finding.message),
            advice=_storable(finding.advice),
            position=_storable(finding.position),
        )
        for finding in report.findings
    )
    record(
        Kind.SCAN_FINISHED,
        actor=actor,
        subject=scan,
        verdict=report.verdict,
        tree=scan.tree.digest,
        engine=scan.engine,
        findings=len(report.findings),
    )
    _tell_of_change(scan, Verdict(report.verdict), actor)


@transaction.atomic
def _give_up(scan: Scan, actor: User) -> None:
    mine = Scan.objects.filter(pk=scan.pk, verdict=Verdict.SCANNING, attempts=scan.attempts)
    if mine.update(verdict=Verdict.FAILED, finished_at=timezone.now()) != 1:
        return
    Finding.objects.create(
        scan=scan,
        scanner="sandbox",
        severity="failed",
        rule="sandbox.never-ended",
        key=finding_key("", "sandbox.never-ended", ""),
        message=f"The scan was started {scan.attempts} times and its worker died every time.",
        advice="Look at the worker's log; something in these files brings it down.",
    )
    record(Kind.SCAN_FINISHED, actor=actor, subject=scan, verdict=Verdict.FAILED, tree=scan.tree.digest)
    _tell_of_change(scan, Verdict.FAILED, actor)


def _tell_of_change(scan: Scan, verdict: Verdict, actor: User) -> None:
    """Say in the log that the release before thought otherwise; if it got worse, also to those who answer for it."""
    before = scan.previous_verdict
    if not before or before == verdict:
        return
    record(
        Kind.SCAN_VERDICT_CHANGED,
        actor=actor,
        subject=scan,
        before=before,
        after=verdict,
        tree=scan.tree.digest,
        engine=scan.engine,
    )
    if weight(verdict) > weight(before):
        tell_owners(
            scan.tree_id,
            "A live model got a worse verdict",
            f"The files were scanned again by engine {scan.engine}. Before: {Verdict(before).label}. "
            f"Now: {verdict.label}.",
        )


def _storable(value: Any) -> Any:
    """The same value with what databases refuse in texts, and hostile files are full of, spelled out."""
    match value:
        case str():
            return value.replace("\0", "\\0").encode(errors="backslashreplace").decode()
        case Mapping():
            return {_storable(key): _storable(item) for key, item in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
    return value
