"""What every store of bytes promises, tried on each store that this run has."""

import hashlib
import os
import resource
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from uuid import uuid4

import pytest

from blobs.stores import Received, Store, build
from lib.errors import Invalid, NotFound

MIB = 1024 * 1024
# Two parts and a bit for the object store.
LARGE = b"".join(number.to_bytes(4) for number in range(11 * MIB // 4 + 1))


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.needs("s3"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return build("", tmp_path, "", "")
    from blobs.stores.s3 import S3Store

    url = os.environ["STORAGE_URL"].replace("?", f"/{uuid4().hex}?", 1)
    found = S3Store.from_url(url, os.environ["S3_ACCESS_KEY_ID"], os.environ["S3_SECRET_ACCESS_KEY"])
    # The smallest that S3 allows, so that small tests go the long way.
    found.part = found.copy_part = 5 * MIB
    return found


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pieces(content: bytes, size: int = MIB) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def put(store: Store, content: bytes) -> str:
    with store.begin() as incoming:
        for piece in pieces(content):
            incoming.write(piece)
        received = incoming.finish()
        store.publish(incoming, received)
    return received.sha256


def read(store: Store, sha256: str, **wanted: int) -> bytes:
    with store.open(sha256, **wanted) as file:
        return file.read()


@pytest.mark.parametrize("content", [b"", b"x", b"weights" * 1000, LARGE], ids=["empty", "byte", "small", "large"])
def test_what_goes_in_comes_out(store: Store, content: bytes) -> None:
    with store.begin() as incoming:
        for piece in pieces(content, 700_001):
            incoming.write(piece)
        received = incoming.finish()
        assert received == Received(digest(content), len(content))
        assert not store.exists(received.sha256)
        store.publish(incoming, received)
    assert store.exists(received.sha256)
    assert store.size(received.sha256) == len(content)
    assert read(store, received.sha256) == content


@pytest.mark.parametrize(
    ("start", "length"), [(0, 4), (3, 4), (9, 1), (9, 100), (4, None), (10, None), (11, 5), (3, 0), (0, None)]
)
def test_a_part_can_be_read(store: Store, start: int, length: int | None) -> None:
    sha256 = put(store, b"0123456789")
    end = None if length is None else start + length
    with store.open(sha256, start=start, length=length) as file:
        assert file.read() == b"0123456789"[start:end]


def test_a_part_is_read_in_small_bites(store: Store) -> None:
    sha256 = put(store, LARGE)
    with store.open(sha256, start=5, length=4 * MIB) as file:
        assert file.read(3) == LARGE[5:8]
        assert file.read(2 * MIB) == LARGE[8 : 8 + 2 * MIB]
        assert len(file.read()) == 2 * MIB - 3
        assert file.read() == b""


def test_missing_bytes_are_not_found(store: Store) -> None:
    absent = digest(b"never stored")
    assert not store.exists(absent)
    store.delete(absent)
    with pytest.raises(NotFound):
        store.open(absent)
    with pytest.raises(NotFound):
        store.open(absent, start=3, length=0)
    with pytest.raises(NotFound):
        store.size(absent)


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_deleted_bytes_are_gone(store: Store, content: bytes) -> None:
    sha256 = put(store, content)
    store.delete(sha256)
    assert not store.exists(sha256)
    assert list(store.stored()) == []


@pytest.mark.parametrize("content", [b"twice", LARGE], ids=["small", "large"])
def test_publishing_the_same_content_again_changes_nothing(store: Store, content: bytes) -> None:
    assert put(store, content) == put(store, content)
    assert read(store, digest(content)) == content
    assert [sha256 for sha256, _ in store.stored()] == [digest(content)]


def test_many_may_publish_the_same_content_at_once(store: Store) -> None:
    content = LARGE[: 6 * MIB]
    with ThreadPoolExecutor(6) as people:
        digests = set(people.map(lambda _: put(store, content), range(6)))
    assert digests == {digest(content)}
    assert read(store, digest(content)) == content
    assert store.sweep_incoming(older_than=timedelta(hours=-1)) == 0


@pytest.mark.parametrize("content", [b"half", LARGE], ids=["small", "large"])
def test_an_upload_that_breaks_off_leaves_nothing(store: Store, content: bytes) -> None:
    with suppress(ConnectionError), store.begin() as incoming:
        for piece in pieces(content):
            incoming.write(piece)
        raise ConnectionError("the client went away")
    with store.begin() as incoming:
        incoming.write(content)
        incoming.finish()
    assert list(store.stored()) == []
    assert store.sweep_incoming(older_than=timedelta(hours=-1)) == 0


def test_an_upload_whose_process_died_is_swept(store: Store) -> None:
    cut, finished = store.begin(), store.begin()
    for piece in pieces(LARGE):
        cut.write(piece)
        finished.write(piece)
    finished.finish()
    assert store.sweep_incoming(older_than=timedelta(hours=1)) == 0
    assert store.sweep_incoming(older_than=timedelta(hours=-1)) == 2
    assert store.sweep_incoming(older_than=timedelta(hours=-1)) == 0
    assert list(store.stored()) == []
    cut.abort()
    finished.abort()


def test_a_slow_upload_that_still_moves_is_left_alone(store: Store) -> None:
    with store.begin() as incoming:
        incoming.write(LARGE[: 5 * MIB])
        sleep(5)
        # The last full part may still be under way, the one before it has arrived.
        incoming.write(LARGE)
        assert store.sweep_incoming(older_than=timedelta(seconds=4)) == 0
        received = incoming.finish()
        store.publish(incoming, received)
    assert store.exists(received.sha256)


def test_an_ended_upload_takes_no_more_bytes(store: Store) -> None:
    with store.begin() as incoming:
        incoming.write(b"all of it")
        incoming.finish()
        with pytest.raises(ValueError, match="ended"):
            incoming.write(b"and more")


def test_only_what_was_received_is_published(store: Store) -> None:
    with store.begin() as incoming:
        incoming.write(b"one thing")
        incoming.finish()
        with pytest.raises(ValueError, match="received"):
            store.publish(incoming, Received(digest(b"another"), 7))
    assert not store.exists(digest(b"another"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "abc",
        "A" * 64,
        "g" * 64,
        "a" * 63,
        "a" * 65,
        "a" * 64 + "\n",
        "\uff11" * 64,
        "../" + "a" * 61,
        "/etc/passwd",
        "a" * 60 + "/../",
        "a" * 63 + "\0",
    ],
)
def test_only_digests_are_names(store: Store, name: str) -> None:
    for verb in (store.open, store.exists, store.size, store.delete, store.local_path):
        with pytest.raises(Invalid):
            verb(name)
    with pytest.raises(Invalid):
        list(store.stored(after=name or " "))
    with pytest.raises(Invalid):
        store.url(name, filename="x", content_type="text/plain", expires=timedelta(minutes=1))


def test_everything_stored_is_listed_in_order(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    digests = sorted(put(store, str(number).encode()) for number in range(20))
    listed = list(store.stored())
    assert [sha256 for sha256, _ in listed] == digests
    assert all(before <= published <= datetime.now(UTC) + timedelta(seconds=2) for _, published in listed)
    assert [sha256 for sha256, _ in store.stored(after=digests[7])] == digests[8:]
    assert list(store.stored(after=digests[-1])) == []


def test_a_large_file_passes_through_little_memory(store: Store) -> None:
    piece, count = bytes(MIB), 128
    put(store, LARGE)
    before = resident()
    highest = 0
    with store.begin() as incoming:
        for _ in range(count):
            incoming.write(piece)
            highest = max(highest, resident())
        received = incoming.finish()
        store.publish(incoming, received)
    with store.open(received.sha256) as file:
        while file.read(MIB):
            highest = max(highest, resident())
    assert received.size == count * MIB
    assert highest - before < 64 * MIB


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_a_link_gives_the_bytes_to_whoever_holds_it_until_it_expires(store: Store) -> None:
    sha256 = put(store, b"weights")
    name = 'modèle "final".bin'
    link = store.url(sha256, filename=name, content_type="application/x-thing", expires=timedelta(minutes=1))
    if link is None:
        assert store.local_path(sha256) is not None
        return
    assert store.local_path(sha256) is None
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"weights"
        assert answer.headers["Content-Type"] == "application/x-thing"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''mod%C3%A8le")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace(sha256, digest(b"other")))
