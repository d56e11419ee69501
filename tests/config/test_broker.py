"""The file broker: what is published arrives, once, whatever dies in between."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from threading import Thread

import pytest
from kombu.connection import Connection
from kombu.simple import SimpleQueue

import config.celery  # noqa: F401  # makes the transport known
from config.broker import DEATHS_BEFORE_SET_ASIDE, Spool

ROOT = Path(__file__).resolve().parents[2]
DEAD = "0123456789abcdef-1-1"  # an owner of another boot


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with Connection(f"durablefs://{tmp_path / 'queue'}") as connection:
        yield connection


@pytest.fixture
def consume(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    consumers = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        arguments = [str(tmp_path / "queue"), "work", str(tmp_path / "report"), *options]
        consumers.append(subprocess.Popen([sys.executable, "-m", "tests.config.consumer", *arguments], cwd=ROOT))
        return consumers[-1]

    yield start
    for consumer in consumers:
        consumer.kill()
        consumer.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def reported(tmp_path: Path) -> list[str]:
    report = tmp_path / "report"
    return report.read_text().split() if report.exists() else []


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_message_survives_the_kill_of_its_consumer(
    tmp_path: Path, connection: Connection, consume: Callable[..., subprocess.Popen[bytes]]
) -> None:
    queue: SimpleQueue = connection.SimpleQueue("work")
    queue.put("precious")
    consumer = consume("--hold")
    wait_for(lambda: reported(tmp_path) == ["precious"])
    with pytest.raises(Empty):
        queue.get(timeout=3)  # its owner lives: nobody else may have it

    consumer.kill()  # and is not waited for: what is left of it in the process table must not count as life
    message = queue.get(timeout=10)
    assert message.payload == "precious"
    message.ack()
    assert files_in(tmp_path / "queue") == []


def test_several_consumers_lose_and_double_nothing(
    tmp_path: Path, connection: Connection, consume: Callable[..., subprocess.Popen[bytes]]
) -> None:
    for _ in range(4):
        consume()

    def publish(numbers: range) -> None:
        with connection.clone() as own:
            queue = own.SimpleQueue("work")
            for number in numbers:
                queue.put(number)

    publishers = [Thread(target=publish, args=[range(start, 500, 2)]) for start in (0, 1)]
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join()
    wait_for(lambda: len(reported(tmp_path)) >= 500)
    wait_for(lambda: files_in(tmp_path / "queue") == [])
    assert sorted(map(int, reported(tmp_path))) == list(range(500))


def test_no_message_is_lost_when_consumers_are_killed_at_work(
    tmp_path: Path, connection: Connection, consume: Callable[..., subprocess.Popen[bytes]]
) -> None:
    queue: SimpleQueue = connection.SimpleQueue("work")
    for number in range(200):
        queue.put(number)
    for round_ in range(4):
        consumer = consume()
        wait_for(lambda wanted=20 * (round_ + 1): len(reported(tmp_path)) >= wanted)  # type: ignore[misc]
        consumer.kill()
    consume()
    wait_for(lambda: files_in(tmp_path / "queue") == [])
    assert set(map(int, reported(tmp_path))) == set(range(200))
    assert len(reported(tmp_path)) <= 204  # each kill may repeat the one message that was being worked on


def test_messages_come_in_order_and_a_requeued_one_comes_again(connection: Connection) -> None:
    queue: SimpleQueue = connection.SimpleQueue("work")
    for number in range(5):
        queue.put(number)
    assert queue.qsize() == 5
    first = queue.get(timeout=1)
    first.requeue()
    messages = [queue.get(timeout=1) for _ in range(5)]
    assert [message.payload for message in messages] == [1, 2, 3, 4, 0]  # what was listed already comes before


def test_a_closed_channel_gives_back_what_was_not_acknowledged(connection: Connection) -> None:
    with connection.clone() as other:
        other.SimpleQueue("work").put("unfinished")
        assert other.SimpleQueue("work").get(timeout=1).payload == "unfinished"
    assert connection.SimpleQueue("work").get(timeout=1).payload == "unfinished"


def test_a_message_that_kills_every_owner_is_set_aside(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.publish("work", b"{}")
    for _ in range(DEATHS_BEFORE_SET_ASIDE):
        taken = spool.take("work")
        assert taken
        owner = tmp_path / "taken" / DEAD / "work"
        owner.mkdir(parents=True)
        taken.rename(owner / taken.name)
        spool.recover()
        assert not owner.parent.exists()
    assert spool.take("work") is None
    assert len(files_in(spool.broken)) == 1


def test_the_drafts_of_a_dead_publisher_are_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (tmp_path / "taken" / DEAD).mkdir()
    (tmp_path / "taken" / DEAD / ".half").write_bytes(b'{"bo')
    spool.recover()
    assert files_in(tmp_path) == []


def test_an_unreadable_message_is_set_aside_and_the_next_one_comes(tmp_path: Path, connection: Connection) -> None:
    spool = Spool(tmp_path / "queue")
    spool.publish("work", b"not a message")
    queue: SimpleQueue = connection.SimpleQueue("work")
    queue.put("readable")
    assert queue.get(timeout=3).payload == "readable"
    assert len(files_in(spool.broken)) == 1


def test_a_purge_empties_the_queue(connection: Connection) -> None:
    queue: SimpleQueue = connection.SimpleQueue("work")
    queue.put(1)
    queue.put(2)
    assert queue.clear() == 2
    assert queue.qsize() == 0


def test_a_queue_of_any_name_stays_inside_the_folder(tmp_path: Path, connection: Connection) -> None:
    queue: SimpleQueue = connection.SimpleQueue("../..")
    queue.put("here")
    assert queue.get(timeout=1).payload == "here"
    assert [path.name for path in tmp_path.iterdir()] == ["queue"]


def test_a_broker_without_a_folder_is_refused() -> None:
    with Connection("durablefs://") as connection, pytest.raises(ValueError, match="needs a folder"):
        connection.connect()
