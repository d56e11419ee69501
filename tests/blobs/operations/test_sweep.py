"""Removing bytes that nothing claims."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from blobs.models import Blob, Folder
from blobs.operations import sweep as sweeping
from blobs.operations.folders import create_folder, put_file
from blobs.operations.sweep import sweep
from blobs.operations.trees import freeze
from blobs.operations.uploads import store_bytes
from blobs.stores import store
from lib import digests
from lib.errors import Unavailable

Stored = Callable[[bytes], Blob]
NONE = timedelta(0)


@pytest.fixture(autouse=True)
def empty_store() -> None:
    """Other tests left bytes behind."""
    for sha256, _ in store().stored():
        store().delete(sha256)


@pytest.fixture
def folder(system: User) -> Folder:
    """An empty folder."""
    return create_folder(actor=system)


def age(blob: Blob) -> None:
    """Let the blob have been wanted last two days ago."""
    Blob.objects.filter(pk=blob.pk).update(wanted_at=timezone.now() - timedelta(days=2))


def without_a_row(content: bytes) -> str:
    """Bytes whose row was never made."""
    with store().begin() as incoming:
        incoming.write(content)
        received = incoming.finish()
        store().publish(incoming, received)
    return received.sha256


def test_what_is_young_stays(stored: Stored, system: User) -> None:
    blob = stored(b"young")
    assert sweep(actor=system) == {"parts": 0, "uploads": 0, "blobs": 0, "strays": 0}
    assert store().exists(blob.sha256)


def test_what_nobody_names_goes_with_its_row(stored: Stored, system: User) -> None:
    blob = stored(b"old")
    age(blob)
    assert sweep(actor=system)["blobs"] == 1
    assert not Blob.objects.exists()
    assert not store().exists(blob.sha256)


def test_what_a_folder_or_a_tree_names_stays(stored: Stored, folder: Folder, system: User) -> None:
    in_folder, in_tree = stored(b"in a folder"), stored(b"in a tree")
    put_file(folder, "a", in_tree, actor=system)
    freeze(folder, actor=system)
    put_file(folder, "a", in_folder, actor=system)
    for blob in (in_folder, in_tree):
        age(blob)
    assert sweep(actor=system)["blobs"] == 0
    assert sweep(grace=NONE, actor=system)["strays"] == 0
    assert store().exists(in_folder.sha256)
    assert store().exists(in_tree.sha256)


def test_what_is_wanted_again_stays(stored: Stored, system: User) -> None:
    age(stored(b"again"))
    stored(b"again")
    assert sweep(actor=system)["blobs"] == 0


def test_bytes_without_a_row_go_after_a_day(system: User) -> None:
    sha256 = without_a_row(b"stray")
    assert sweep(actor=system)["strays"] == 0
    assert store().exists(sha256)
    assert sweep(grace=-timedelta(minutes=1), actor=system)["strays"] == 1
    assert not store().exists(sha256)
    assert not Blob.objects.exists()


def test_a_row_of_the_same_bytes_saves_them(system: User, stored: Stored) -> None:
    sha256 = without_a_row(b"stray")
    stored(b"stray")
    assert sweeping._remove_strays([sha256]) == 0
    assert store().exists(sha256)


def test_an_upload_that_nobody_ended_goes(system: User) -> None:
    with store().begin() as incoming:
        for _ in range(40):
            incoming.write(b"x" * 1_000_000)
        assert sweep(actor=system)["uploads"] == 0
        assert sweep(grace=-timedelta(minutes=1), actor=system)["uploads"] == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_upload_while_the_same_bytes_are_swept_never_ends_as_a_row_without_bytes(
    system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"wanted in the very moment"
    age(store_bytes([content], length=len(content), actor=system))
    target = store()
    swept, published = threading.Event(), threading.Event()
    real_delete, real_publish = target.delete, target.publish
    outcome: list[str] = []

    def delete(sha256: str) -> None:
        # The row is deleted, in a transaction that has not ended; now the upload publishes the same bytes.
        swept.set()
        published.wait(10)
        real_delete(sha256)

    def publish_and_tell(*args: object) -> None:
        swept.wait(10)
        real_publish(*args)  # type: ignore[arg-type]
        published.set()

    def upload() -> None:
        try:
            store_bytes([content], length=len(content), actor=system)
            outcome.append("stored")
        except Unavailable:
            outcome.append("refused")
        finally:
            connection.close()

    monkeypatch.setattr(target, "delete", delete)
    monkeypatch.setattr(target, "publish", publish_and_tell)
    uploading = threading.Thread(target=upload)
    uploading.start()
    sweep(actor=system)
    uploading.join()
    assert outcome == ["refused"]
    assert not Blob.objects.exists()
    assert not target.exists(digests.of_bytes(content))
    monkeypatch.undo()
    store_bytes([content], length=len(content), actor=system)
    assert target.exists(digests.of_bytes(content))
