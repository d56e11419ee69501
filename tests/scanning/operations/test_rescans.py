"""Another engine looks at everything that is kept: what is live first, each tree once, and it says what changed."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from events.models import Event
from lib.errors import Forbidden
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import delete_version
from scanning.engine import findings as words
from scanning.engine import rules
from scanning.models import EngineRelease, Priority, Scan, Verdict
from scanning.operations import rescans, scans
from scanning.operations.requests import request_scan
from scanning.operations.rescans import begin_rescan, continue_rescan
from scanning.operations.scans import STALE_AFTER, carry_out_next, give_back_stale_scans
from scanning.present import present_engine
from scanning.queries import changes_by, standing_of, why_unsafe
from scanning.sandbox import Report, ScanFile
from tests.factories.registry import register_files
from tests.factories.scanning import CODE, SYSTEM, found
from tests.scanning.operations.fakes import contents

pytestmark = pytest.mark.django_db


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Installs rules of another version; returns the name of the engine then."""

    def install(version: str = "next") -> str:
        monkeypatch.setattr(rules, "VERSION", version)
        present_engine.cache_clear()
        return present_engine()

    yield install
    monkeypatch.undo()
    present_engine.cache_clear()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the engine has looked at; it finds files unsafe that say so."""
    looked_at: list[bytes] = []

    def look(files: Sequence[ScanFile], **limits: object) -> Report:
        content = contents(files)[0][1]
        looked_at.append(content)
        verdict = "unsafe" if b"unsafe" in content else "clean"
        said = words.Finding("a.txt", "x", words.Severity.UNSAFE, "pickle.x", "Bad.", "Look.", "")
        return Report("1", "next", "list", words.Verdict(verdict), (said,) if verdict == "unsafe" else ())

    monkeypatch.setattr(scans, "scan_files", look)
    return looked_at


@pytest.fixture
def versions(model: RegisteredModel, scientist: User) -> list[ModelVersion]:
    """Six versions that the engine before found clean."""
    made = [register_files(model, {"a.txt": str(number).encode()}, actor=scientist) for number in range(6)]
    for version in made:
        found(version)
    return made


def work(system: User) -> None:
    """What workers do until nothing waits."""
    while carry_out_next(actor=system):
        pass


def test_a_fresh_install_has_a_release_and_nothing_to_tell(system: User) -> None:
    release = begin_rescan(actor=system)
    assert release.finished_at is not None
    assert continue_rescan(release, actor=system) == []
    assert begin_rescan(actor=system) == release
    assert not Event.objects.filter(kind__startswith="rescan").exists()


def test_everything_kept_is_scanned_again_once_and_what_is_live_first(
    versions: list[ModelVersion],
    model: RegisteredModel,
    maintainer: User,
    scientist: User,
    system: User,
    stage: Callable[[str], Stage],
    seen: list[bytes],
    newer: Callable[..., str],
) -> None:
    move_stage(versions[4], stage("Staging"), actor=maintainer)
    move_alias(versions[2], "blue", actor=maintainer)
    move_stage(versions[5], stage("Archived"), actor=maintainer)
    found(register_files(model, {"a.txt": b"1"}, actor=scientist))  # the files of another version
    delete_version(versions[3], actor=maintainer)
    begin_rescan(actor=system)
    engine = newer()
    release = begin_rescan(actor=system)
    assert (release.engine, release.trees) == (engine, 5)
    keys = continue_rescan(release, actor=system)
    assert len(keys) == 5
    assert Scan.objects.filter(engine=engine, priority=Priority.LIVE).count() == 2
    assert set(Scan.objects.filter(engine=engine).values_list("previous_verdict", flat=True)) == {"clean"}
    work(system)
    assert seen == [b"2", b"4", b"0", b"1", b"5"]
    assert continue_rescan(release, actor=system) == []
    release.refresh_from_db()
    assert release.finished_at is not None
    begun, finished = Event.objects.filter(kind__startswith="rescan").order_by("pk")
    assert (begun.kind, begun.details["trees"], begun.details["after"]) == ("rescan.begun", 5, engine)
    assert (finished.kind, finished.details) == ("rescan.finished", {"trees": 5, "changed": {}})
    assert begin_rescan(actor=system) == release
    assert len(seen) == 5


def test_the_queue_takes_a_batch_at_a_time(
    versions: list[ModelVersion],
    system: User,
    seen: list[bytes],
    newer: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rescans, "MOST_WAITING", 2)
    begin_rescan(actor=system)
    newer()
    release = begin_rescan(actor=system)
    assert len(continue_rescan(release, actor=system)) == 2
    assert continue_rescan(release, actor=system) == []
    carry_out_next(actor=system)
    assert len(continue_rescan(release, actor=system)) == 1
    for _ in range(8):
        work(system)
        continue_rescan(release, actor=system)
    release.refresh_from_db()
    assert (release.asked, len(seen), release.finished_at is not None) == (6, 6, True)


def test_a_batch_costs_the_same_whatever_lies_behind_it(
    versions: list[ModelVersion], system: User, newer: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescans, "MOST_WAITING", 2)
    begin_rescan(actor=system)
    newer()
    release = begin_rescan(actor=system)
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(continue_rescan(release, actor=system)) == 2
        counts.append(len(asked))
        Scan.objects.filter(verdict=Verdict.QUEUED).update(verdict=Verdict.CLEAN)
    assert counts[1] == counts[2] <= counts[0]


def test_a_changed_verdict_is_told_and_reported(
    model: RegisteredModel,
    scientist: User,
    maintainer: User,
    system: User,
    stage: Callable[[str], Stage],
    seen: list[bytes],
    newer: Callable[..., str],
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MAIL_IS_SENT = True
    live = register_files(model, {"a.txt": b"unsafe"}, actor=scientist)
    better = register_files(model, {"a.txt": b"fine"}, actor=scientist)
    found(live)
    found(better, CODE)
    move_stage(live, stage("Staging"), actor=maintainer)
    move_alias(better, "blue", actor=maintainer)
    begin_rescan(actor=system)
    newer()
    release = begin_rescan(actor=system)
    continue_rescan(release, actor=system)
    with django_capture_on_commit_callbacks(execute=True):
        work(system)
    continue_rescan(release, actor=system)
    changed = {scan.tree_id: (scan.previous_verdict, scan.verdict) for scan in changes_by(release)}
    assert changed == {live.tree_id: ("clean", "unsafe"), better.tree_id: ("needs-review", "clean")}
    told = Event.objects.filter(kind="scan.verdict_changed").order_by("pk")
    assert [(line.details["before"], line.details["after"]) for line in told] == [
        ("clean", "unsafe"),
        ("needs-review", "clean"),
    ]
    finished = Event.objects.get(kind="rescan.finished")
    assert finished.details["changed"] == {"clean to unsafe": 1, "needs-review to clean": 1}
    assert [message.to for message in mail.outbox] == [[scientist.email]]
    assert "Before: Clean. Now: Unsafe." in mail.outbox[0].body
    assert why_unsafe(live) is not None


def test_until_the_present_engine_has_looked_the_gate_is_shut_and_the_last_opinion_decides_about_downloads(
    versions: list[ModelVersion], model: RegisteredModel, scientist: User, newer: Callable[..., str]
) -> None:
    bad = register_files(model, {"a.txt": b"unsafe"}, actor=scientist)
    found(bad, SYSTEM)
    newer()
    assert standing_of(versions[0]).effective == "clean"
    assert not standing_of(versions[0]).is_clean
    assert (why_unsafe(versions[0]), why_unsafe(bad) is not None) == (None, True)
    request_scan(versions[0], actor=scientist)
    request_scan(bad, actor=scientist)
    assert standing_of(versions[0]).effective == "queued"
    assert (why_unsafe(versions[0]), why_unsafe(bad) is not None) == (None, True)


def test_who_asks_does_not_wait_behind_what_is_scanned_again(
    versions: list[ModelVersion], scientist: User, system: User, seen: list[bytes], newer: Callable[..., str]
) -> None:
    begin_rescan(actor=system)
    newer()
    continue_rescan(begin_rescan(actor=system), actor=system)
    assert request_scan(versions[5], actor=scientist).priority == Priority.REST
    carry_out_next(actor=system)
    assert seen == [b"5"]


def test_a_step_back_scans_what_came_meanwhile_and_nothing_else(
    versions: list[ModelVersion],
    model: RegisteredModel,
    scientist: User,
    system: User,
    seen: list[bytes],
    newer: Callable[..., str],
) -> None:
    begin_rescan(actor=system)
    before = rules.VERSION
    newer()
    release = begin_rescan(actor=system)
    meanwhile = register_files(model, {"a.txt": b"meanwhile"}, actor=scientist)
    continue_rescan(release, actor=system)
    work(system)
    continue_rescan(release, actor=system)
    seen.clear()
    newer(before)
    again = begin_rescan(actor=system)
    assert (again.pk, again.trees, again.finished_at) == (EngineRelease.objects.earliest("pk").pk, 1, None)
    continue_rescan(again, actor=system)
    work(system)
    assert seen == [b"meanwhile"]
    assert standing_of(versions[0]).is_clean and standing_of(meanwhile).is_clean


def test_a_worker_that_dies_on_the_way_holds_nothing_up(
    versions: list[ModelVersion], system: User, seen: list[bytes], newer: Callable[..., str]
) -> None:
    begin_rescan(actor=system)
    newer()
    release = begin_rescan(actor=system)
    continue_rescan(release, actor=system)
    dead = Scan.objects.filter(engine=release.engine).earliest("pk")
    Scan.objects.filter(pk=dead.pk).update(
        verdict=Verdict.SCANNING, attempts=1, taken_at=dead.requested_at - 2 * STALE_AFTER
    )
    work(system)
    continue_rescan(release, actor=system)
    release.refresh_from_db()
    assert release.finished_at is None
    assert give_back_stale_scans(actor=system) == [dead.pk]
    work(system)
    continue_rescan(release, actor=system)
    release.refresh_from_db()
    assert release.finished_at is not None
    assert len(seen) == 6


def test_a_beat_that_dies_between_asking_and_noting_asks_nothing_twice(
    versions: list[ModelVersion], system: User, newer: Callable[..., str]
) -> None:
    begin_rescan(actor=system)
    newer()
    release = begin_rescan(actor=system)
    first = continue_rescan(release, actor=system)
    EngineRelease.objects.filter(pk=release.pk).update(phase=EngineRelease.Phase.LIVE, reached=0)
    assert len(first) == 6
    assert continue_rescan(release, actor=system) == []
    assert Scan.objects.filter(engine=release.engine).count() == 6


def test_what_was_left_out_is_found_before_the_end(
    versions: list[ModelVersion], system: User, seen: list[bytes], newer: Callable[..., str]
) -> None:
    begin_rescan(actor=system)
    newer()
    release = begin_rescan(actor=system)
    EngineRelease.objects.filter(pk=release.pk).update(phase=EngineRelease.Phase.REST, reached=versions[3].tree_id or 0)
    for _ in range(4):
        continue_rescan(release, actor=system)
        work(system)
    release.refresh_from_db()
    assert len(seen) == 6
    assert release.finished_at is not None


def test_a_verdict_is_of_the_engine_that_looked(
    versions: list[ModelVersion], system: User, seen: list[bytes], newer: Callable[..., str]
) -> None:
    """What the engine before was asked for is not carried out by the next one under its name."""
    Scan.objects.update(verdict=Verdict.QUEUED)
    newer()
    assert carry_out_next(actor=system) is None
    assert seen == []


def test_only_the_background_does_this(system: User, maintainer: User) -> None:
    release = begin_rescan(actor=system)
    with pytest.raises(Forbidden):
        begin_rescan(actor=maintainer)
    with pytest.raises(Forbidden):
        continue_rescan(release, actor=maintainer)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_beats_at_the_same_moment_ask_once(
    versions: list[ModelVersion], system: User, newer: Callable[..., str]
) -> None:
    begin_rescan(actor=system)
    newer()
    start = threading.Barrier(2)
    asked: list[int] = []

    def beat() -> None:
        try:
            start.wait()
            asked.extend(continue_rescan(begin_rescan(actor=system), actor=system))
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(2)]
    for one in beats:
        one.start()
    for one in beats:
        one.join()
    assert len(asked) == len(set(asked)) == 6
    assert Event.objects.filter(kind="rescan.begun").count() == 1
