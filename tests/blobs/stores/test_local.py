"""What the store on this machine's disk promises beyond the contract of all stores."""

import os
import resource
from datetime import timedelta
from io import UnsupportedOperation
from pathlib import Path
from stat import S_IMODE

import pytest

from blobs.layout import blob_path
from blobs.stores.base import Incoming
from blobs.stores.local import LocalStore
from lib.digests import of_bytes
from lib.errors import Conflict, NotFound, TooLarge, Unavailable


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "blobs")


def put(store: LocalStore, content: bytes) -> str:
    with store.begin() as incoming:
        incoming.write(content)
        store.publish(incoming, incoming.finish())
    return of_bytes(content)


def take(incoming: Incoming, content: bytes) -> None:
    incoming.write(content)
    incoming.finish()


def files(store: LocalStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if not path.is_dir()]


def test_nobody_else_on_the_machine_can_read_a_blob(store: LocalStore) -> None:
    put(store, b"weights")
    for path in (store.root, *store.root.rglob("*")):
        assert S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("size", [1, 1024 * 1024], ids=["noticed at the end", "noticed on the way"])
def test_a_full_disk_is_told_and_leaves_nothing(store: LocalStore, size: int) -> None:
    """/dev/full answers every write as a full disk does."""
    with store.begin() as incoming, open("/dev/full", "wb") as full:
        [descriptor] = [int(name) for name in os.listdir("/proc/self/fd") if opened(name) == str(files(store)[0])]
        os.dup2(full.fileno(), descriptor)
        with pytest.raises(Unavailable, match="full"):
            take(incoming, bytes(size))
        assert files(store) == []


def test_a_file_longer_than_the_process_may_write_is_told_and_leaves_nothing(store: LocalStore) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store.begin() as incoming:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 * 1024 * 1024, before[1]))
        try:
            with pytest.raises(TooLarge):
                take(incoming, bytes(5 * 1024 * 1024))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert files(store) == []


def opened(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:
        return ""


def test_a_link_in_place_of_a_blob_is_not_followed(store: LocalStore, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    sha256 = put(store, b"weights")
    path = store.root / blob_path(sha256)
    path.unlink()
    path.symlink_to(secret)
    assert not store.exists(sha256)
    assert list(store.stored()) == []
    for read in (store.open, store.size, store.local_path):
        with pytest.raises(NotFound):
            read(sha256)
    store.delete(sha256)
    assert secret.read_text() == "not yours"


def test_a_link_in_place_of_a_folder_is_not_followed(store: LocalStore, tmp_path: Path) -> None:
    sha256 = put(store, b"weights")
    folder = (store.root / blob_path(sha256)).parent
    moved = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(moved)
    assert not store.exists(sha256)
    store.delete(sha256)
    with pytest.raises(OSError, match="Not a directory"):
        put(store, b"weights")
    assert [path.name for path in moved.iterdir()] == [sha256]


def test_a_reader_gets_a_real_file_for_the_web_server_to_send(store: LocalStore) -> None:
    sha256 = put(store, b"0123456789")
    with store.open(sha256, start=4) as file:
        assert os.read(file.fileno(), 100) == b"456789"
    with store.open(sha256, start=4, length=2) as file:
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 4
        with pytest.raises(UnsupportedOperation):
            file.write(b"x")


def test_a_reader_outlives_the_removal(store: LocalStore) -> None:
    sha256 = put(store, b"weights")
    with store.open(sha256) as file:
        store.delete(sha256)
        assert file.read() == b"weights"


def test_publishing_again_makes_the_blob_young(store: LocalStore) -> None:
    sha256 = put(store, b"weights")
    os.utime(store.root / blob_path(sha256), (0, 0))
    put(store, b"weights")
    [(_, published)] = store.stored()
    assert published.year > 1970


@pytest.mark.parametrize("torn", [b"\0\0\0\0\0\0\0", b"", b"wei"], ids=["zeros", "empty", "cut"])
def test_publishing_again_mends_what_a_power_failure_left(store: LocalStore, torn: bytes) -> None:
    sha256 = put(store, b"weights")
    (store.root / blob_path(sha256)).write_bytes(torn)
    put(store, b"weights")
    with store.open(sha256) as body:
        assert body.read() == b"weights"


def test_strangers_in_the_folder_are_not_listed(store: LocalStore) -> None:
    sha256 = put(store, b"weights")
    (store.root / blob_path(sha256)).with_name("notes.txt").write_text("mine")
    (store.root / "sha256" / "README").write_text("mine")
    assert [name for name, _ in store.stored()] == [sha256]


def test_parts_that_were_begun_in_another_store_are_refused(store: LocalStore) -> None:
    assert store.begin_parts("0" * 32) is None
    with pytest.raises(Conflict, match="begin the upload again"):
        store.part_url("0" * 32, "mark", 1, expires=timedelta(minutes=5))
    with pytest.raises(Conflict, match="begin the upload again"):
        store.join_parts("0" * 32, "mark", {1: "etag"}, progress=lambda: None)
    store.drop_parts("0" * 32, "mark")
