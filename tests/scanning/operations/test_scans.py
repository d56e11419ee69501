"""Asking for scans, carrying them out, and picking up those whose worker died; the engine is a fake."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from events.models import Event
from lib.errors import Forbidden, GateRefused, Invalid, NotFound
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.models import create_model
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import Origin, create_version
from scanning.models import Finding, Scan, Verdict
from scanning.operations import scans
from scanning.operations.requests import request_scan
from scanning.operations.scans import (
    MOST_ATTEMPTS,
    SEND_AGAIN_AFTER,
    STALE_AFTER,
    carry_out,
    give_back_stale_scans,
)
from scanning.queries import file_for_download, latest_scan, latest_scans, needing_attention, verdict_of
from scanning.sandbox import Report
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.scanning.operations.fakes import Engine, finding, report

SECOND = timedelta(seconds=1)


def taken(scan: Scan, ago: timedelta, verdict: Verdict = Verdict.SCANNING, attempts: int = 1) -> None:
    """Let a worker have taken the scan some time ago."""
    Scan.objects.filter(pk=scan.pk).update(taken_at=timezone.now() - ago, verdict=verdict, attempts=attempts)


def test_a_new_version_is_queued_for_a_scan(scan: Scan) -> None:
    assert (scan.verdict, scan.attempts, scan.is_open) == (Verdict.QUEUED, 0, True)
    assert Event.objects.filter(kind="scan.requested").get().details == {"scan": scan.pk}


def test_the_same_files_are_scanned_once(version: ModelVersion, scan: Scan, scientist: User) -> None:
    other = register_files(
        create_model(version.model.registry, "other", actor=scientist), {"weights.txt": b"1 2 3"}, actor=scientist
    )
    assert other.tree == version.tree
    assert request_scan(other, actor=scientist) == scan
    assert Scan.objects.count() == 1
    assert Event.objects.filter(kind="scan.requested").count() == 1


def test_an_external_version_has_nothing_to_scan(model: RegisteredModel, scientist: User) -> None:
    version = create_version(model, Origin(source="s3://bucket/x"), actor=scientist)
    assert not Scan.objects.exists()
    assert (verdict_of(version.tree), latest_scan(version.tree)) == (None, None)
    with pytest.raises(Invalid):
        request_scan(version, actor=scientist)


def test_a_verdict_is_stored_with_its_findings(version: ModelVersion, scan: Scan, engine: Engine, system: User) -> None:
    engine.answer = report(
        "unsafe", finding("unsafe", "Calls os.system.", "a.zip > " + "b/" * 50 + "c.pkl, byte 12"), flavors=["sklearn"]
    )
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert engine.seen == [[("weights.txt", b"1 2 3")]]
    assert (scan.verdict, scan.attempts, scan.rules, scan.facts) == ("unsafe", 1, "1", {"flavors": ["sklearn"]})
    assert scan.finished_at is not None
    assert scan.findings.get().message == "Calls os.system."
    assert verdict_of(version.tree) == Verdict.UNSAFE
    line = Event.objects.get(kind="scan.finished")
    assert (line.details["verdict"], line.details["findings"]) == ("unsafe", 1)


def test_hostile_words_in_a_report_can_be_stored(scan: Scan, engine: Engine, system: User) -> None:
    engine.answer = report(
        "unsafe", finding("unsafe", "os\0.system \ud800", "\0"), **{"n\0": ["\ud800", {"deep": "\0"}, 1, None]}
    )
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.UNSAFE
    assert scan.findings.get().message == "os\\0.system \\ud800"
    assert scan.facts == {"n\\0": ["\\ud800", {"deep": "\\0"}, 1, None]}


def test_a_scan_that_is_taken_or_finished_is_left_alone(scan: Scan, engine: Engine, system: User) -> None:
    for verdict in Verdict:
        if verdict != Verdict.QUEUED:
            taken(scan, SECOND, verdict)
            carry_out(scan, actor=system)
    assert engine.seen == []


def test_a_worker_that_was_taken_for_dead_stores_nothing(scan: Scan, engine: Engine, system: User) -> None:
    def too_late() -> Report:
        taken(scan, STALE_AFTER + SECOND)
        assert give_back_stale_scans(actor=system) == [scan.pk]
        return report("clean")

    engine.answer = too_late
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.QUEUED
    assert not Event.objects.filter(kind="scan.finished").exists()
    engine.answer = report("needs-review")
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert (scan.verdict, scan.attempts) == (Verdict.NEEDS_REVIEW, 2)


def test_the_first_of_two_attempts_stores_nothing_while_the_second_is_at_work(
    scan: Scan, engine: Engine, system: User
) -> None:
    def overtaken() -> Report:
        taken(scan, SECOND, attempts=2)
        return report("clean")

    engine.answer = overtaken
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert (scan.verdict, scan.attempts) == (Verdict.SCANNING, 2)


def test_an_engine_that_breaks_leaves_the_scan_to_the_next_worker(scan: Scan, engine: Engine, system: User) -> None:
    def broken() -> Report:
        raise FileNotFoundError

    engine.answer = broken
    with pytest.raises(FileNotFoundError):
        carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.SCANNING
    taken(scan, STALE_AFTER + SECOND)
    assert give_back_stale_scans(actor=system) == [scan.pk]


@pytest.mark.parametrize(
    ("verdict", "ago", "is_stale"),
    [
        (Verdict.SCANNING, STALE_AFTER - SECOND, False),
        (Verdict.SCANNING, STALE_AFTER + SECOND, True),
        (Verdict.QUEUED, SEND_AGAIN_AFTER - SECOND, False),
        (Verdict.QUEUED, SEND_AGAIN_AFTER + SECOND, True),
        (Verdict.CLEAN, SEND_AGAIN_AFTER + SECOND, False),
        (Verdict.FAILED, SEND_AGAIN_AFTER + SECOND, False),
    ],
)
def test_what_was_silent_for_too_long_is_sent_again(
    scan: Scan, system: User, verdict: Verdict, ago: timedelta, is_stale: bool
) -> None:
    taken(scan, ago, verdict)
    assert give_back_stale_scans(actor=system) == ([scan.pk] if is_stale else [])
    scan.refresh_from_db()
    assert scan.verdict == (Verdict.QUEUED if is_stale else verdict)
    assert give_back_stale_scans(actor=system) == []


def test_a_message_that_never_came_is_sent_again(scan: Scan, system: User) -> None:
    assert give_back_stale_scans(actor=system) == []
    Scan.objects.update(requested_at=timezone.now() - STALE_AFTER - SECOND)
    assert give_back_stale_scans(actor=system) == [scan.pk]
    assert give_back_stale_scans(actor=system) == []


def test_a_verdict_that_comes_while_the_dead_are_counted_stays(
    scan: Scan, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(scan, STALE_AFTER + SECOND)
    real_list = list

    def and_meanwhile(rows: Any) -> list[int]:
        keys = real_list(rows)
        Scan.objects.update(verdict=Verdict.CLEAN, finished_at=timezone.now())
        return keys

    monkeypatch.setattr(scans, "list", and_meanwhile, raising=False)
    give_back_stale_scans(actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.CLEAN


def test_a_scan_that_brings_its_workers_down_has_failed(scan: Scan, system: User) -> None:
    taken(scan, STALE_AFTER + SECOND, attempts=MOST_ATTEMPTS)
    assert give_back_stale_scans(actor=system) == []
    scan.refresh_from_db()
    assert scan.verdict == Verdict.FAILED
    assert "worker died every time" in scan.findings.get().message
    assert Event.objects.get(kind="scan.finished").details["verdict"] == "failed"


def test_a_failed_scan_begins_anew_when_somebody_asks(
    version: ModelVersion, scan: Scan, engine: Engine, scientist: User, system: User
) -> None:
    taken(scan, STALE_AFTER + SECOND, attempts=MOST_ATTEMPTS)
    give_back_stale_scans(actor=system)
    again = request_scan(version, actor=scientist)
    assert (again.pk, again.verdict, again.attempts) == (scan.pk, Verdict.QUEUED, 0)
    carry_out(again, actor=system)
    assert verdict_of(version.tree) == Verdict.CLEAN
    assert not Finding.objects.exists()
    assert request_scan(version, actor=scientist).verdict == Verdict.CLEAN


def test_only_the_background_scans(
    scan: Scan, version: ModelVersion, maintainer: User, stranger: User, member: Member
) -> None:
    for change in (carry_out, lambda scan, *, actor: give_back_stale_scans(actor=actor)):
        with pytest.raises(Forbidden):
            change(scan, actor=maintainer)
    with pytest.raises(NotFound):
        request_scan(version, actor=stranger)
    with pytest.raises(Forbidden):
        request_scan(version, actor=member(Role.READER, version.model))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_workers_one_scans(scan: Scan, engine: Engine, system: User) -> None:
    start = threading.Barrier(2)

    def work() -> None:
        try:
            start.wait()
            carry_out(Scan.objects.get(pk=scan.pk), actor=system)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    scan.refresh_from_db()
    assert (len(engine.seen), scan.attempts, scan.verdict) == (1, 1, Verdict.CLEAN)
    assert Event.objects.filter(kind="scan.finished").count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_worker_at_work_says_that_it_is_alive(
    scan: Scan, engine: Engine, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "ALIVE_EVERY", timedelta(milliseconds=20))

    def slowly() -> Report:
        taken(scan, STALE_AFTER + SECOND)
        for _ in range(200):
            threading.Event().wait(0.02)
            if not give_back_stale_scans(actor=system):
                return report("clean")
            taken(scan, STALE_AFTER + SECOND)
        raise AssertionError("nobody said anything")

    engine.answer = slowly
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.CLEAN


def test_the_present_engine_has_the_last_word(version: ModelVersion, scan: Scan, judge: Callable[..., Scan]) -> None:
    judge(version, Verdict.CLEAN)
    other = Scan.objects.create(tree=scan.tree, engine="another")
    assert verdict_of(version.tree) == Verdict.CLEAN
    scan.delete()
    assert verdict_of(version.tree) == Verdict.QUEUED
    assert latest_scans([version]) == {version.tree_id: other}


def test_the_gate_keeps_unsafe_files_from_everywhere_people_load_from(
    version: ModelVersion, maintainer: User, stage: Callable[[str], Stage], judge: Callable[..., Scan]
) -> None:
    judge(version, Verdict.UNSAFE)
    for name in ("Staging", "Production"):
        with pytest.raises(GateRefused, match="The scan found version 1 unsafe"):
            move_stage(version, stage(name), actor=maintainer)
    for alias in ("blue", "champion"):
        with pytest.raises(GateRefused, match="The scan found version 1 unsafe"):
            move_alias(version, alias, actor=maintainer)
    move_stage(version, stage("Archived"), actor=maintainer)
    move_stage(version, stage("None"), actor=maintainer)


def test_unsafe_files_stay_out_while_a_newer_engine_looks_at_them(
    version: ModelVersion, maintainer: User, reviewer: User, stage: Callable[[str], Stage], judge: Callable[..., Scan]
) -> None:
    judge(version, Verdict.UNSAFE)
    assert version.tree is not None
    Scan.objects.create(tree=version.tree, engine="next")
    with pytest.raises(GateRefused):
        move_stage(version, stage("Staging"), actor=maintainer)
    with pytest.raises(Forbidden):
        file_for_download(version, "weights.txt", actor=reviewer)


def test_unsafe_files_are_for_maintainers(
    version: ModelVersion, reviewer: User, maintainer: User, stranger: User, member: Member, judge: Callable[..., Scan]
) -> None:
    assert file_for_download(version, "weights.txt", actor=reviewer).path == "weights.txt"
    judge(version, Verdict.UNSAFE)
    with pytest.raises(Forbidden, match="only maintainers can download"):
        file_for_download(version, "weights.txt", actor=reviewer)
    assert file_for_download(version, "weights.txt", actor=maintainer).path == "weights.txt"
    with pytest.raises(NotFound):
        file_for_download(version, "weights.txt", actor=stranger)
    with pytest.raises(Forbidden):
        file_for_download(version, "weights.txt", actor=member(Role.METADATA_READER, version.model))
    assert list(needing_attention(maintainer)) == [version]
    assert not needing_attention(stranger).exists()
