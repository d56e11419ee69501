"""Whose turn it is: what somebody asked for, then what is live, then the rest, and now and then the oldest."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from registry.models import RegisteredModel
from scanning.models import Priority, Scan, Verdict
from scanning.operations.scans import SEND_AGAIN_AFTER, carry_out_next, give_back_stale_scans
from scanning.tasks import ONE_IN, scan_tree
from tests.factories.registry import register_files
from tests.scanning.operations.fakes import Engine


def test_a_message_wakes_a_worker_for_whatever_waits(scan: Scan, engine: Engine) -> None:
    scan_tree(scan.pk + 1)
    assert len(engine.seen) == 1
    scan_tree(scan.pk)
    assert len(engine.seen) == 1


def test_what_was_asked_for_is_scanned_before_what_is_scanned_again(
    model: RegisteredModel, scientist: User, engine: Engine, system: User
) -> None:
    def queued(content: bytes, priority: Priority) -> None:
        version = register_files(model, {"a.txt": content}, actor=scientist)
        Scan.objects.filter(tree=version.tree).update(priority=priority)

    for content, priority in (
        (b"rest", Priority.REST),
        (b"live", Priority.LIVE),
        (b"asked", Priority.ASKED),
        (b"live too", Priority.LIVE),
    ):
        queued(content, priority)
    while carry_out_next(actor=system):
        pass
    assert [content for ((_, content),) in engine.seen] == [b"asked", b"live", b"live too", b"rest"]


def test_now_and_then_the_oldest_gets_its_turn(
    model: RegisteredModel, scientist: User, engine: Engine, system: User
) -> None:
    old = register_files(model, {"a.txt": b"old"}, actor=scientist)
    Scan.objects.filter(tree=old.tree).update(priority=Priority.REST)
    for number in range(20):
        register_files(model, {"a.txt": str(number).encode()}, actor=scientist)
    for message in range(1, ONE_IN + 1):
        scan_tree(message)
    assert b"old" in [content for ((_, content),) in engine.seen]
    assert len(engine.seen) == ONE_IN


def test_what_another_engine_was_to_scan_is_left_to_it_and_forgotten_when_nobody_does(
    scan: Scan, engine: Engine, system: User
) -> None:
    other = Scan.objects.create(tree=scan.tree, engine="before")
    assert carry_out_next(actor=system) == scan
    assert carry_out_next(actor=system) is None
    give_back_stale_scans(actor=system)
    assert Scan.objects.filter(pk=other.pk).exists()
    Scan.objects.filter(pk=other.pk).update(requested_at=timezone.now() - SEND_AGAIN_AFTER * 2)
    assert give_back_stale_scans(actor=system) == []
    assert not Scan.objects.filter(pk=other.pk).exists()
    assert Scan.objects.filter(pk=scan.pk, verdict=Verdict.CLEAN).exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_workers_share_the_queue_and_scan_everything_once(
    model: RegisteredModel, scientist: User, engine: Engine, system: User
) -> None:
    for number in range(8):
        register_files(model, {"a.txt": str(number).encode()}, actor=scientist)
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            while carry_out_next(actor=system):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(content for ((_, content),) in engine.seen) == [str(number).encode() for number in range(8)]
    assert set(Scan.objects.values_list("verdict", "attempts")) == {("clean", 1)}
