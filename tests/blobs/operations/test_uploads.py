"""Taking bytes in."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.models import User
from blobs.models import Blob
from blobs.operations.uploads import store_bytes
from blobs.queries import read
from blobs.stores import store
from lib import digests
from lib.errors import Invalid


def stored() -> set[str]:
    """The digests of all bytes in the store."""
    return {sha256 for sha256, _ in store().stored()}


def test_bytes_come_back_as_they_went_in(system: User) -> None:
    content = bytes(range(256)) * 1000
    blob = store_bytes([content[:1], content[1:70_000], b"", content[70_000:]], length=len(content), actor=system)
    assert (blob.sha256, blob.size) == (digests.of_bytes(content), len(content))
    with read(blob) as stream:
        assert stream.read() == content
    with read(blob, 255, 2) as stream:
        assert stream.read() == b"\xff\x00"


def test_the_same_bytes_are_one_blob_which_is_wanted_anew(system: User) -> None:
    first = store_bytes([b"same"], length=4, actor=system)
    second = store_bytes([b"sa", b"me"], length=4, actor=system)
    assert first.pk == second.pk
    assert Blob.objects.get().wanted_at == second.wanted_at > first.wanted_at


@pytest.mark.parametrize("length", [0, None])
def test_an_empty_body_is_a_blob(system: User, length: int | None) -> None:
    blob = store_bytes([], length=length, actor=system)
    assert (blob.sha256, blob.size) == (digests.of_bytes(b""), 0)


@pytest.mark.parametrize(
    ("content", "length", "words"),
    [
        (b"cut upload", 11, "10 bytes came, Content-Length said 11"),
        (b"long upload", 10, "11 bytes came, Content-Length said 10"),
        (b"", 1, "0 bytes came"),
        (b"unannounced", None, "send its length"),
        (b"unannounced", 0, "Content-Length said 0"),
        (b"negative", -1, "Content-Length said -1"),
        (b"", -1, "Content-Length said -1"),
    ],
)
def test_a_body_of_another_length_leaves_no_row_and_no_byte(
    system: User, content: bytes, length: int | None, words: str
) -> None:
    before = stored()
    with pytest.raises(Invalid, match=words) as refusal:
        store_bytes([content], length=length, actor=system)
    assert refusal.value.field == "body"
    assert not Blob.objects.exists()
    assert stored() == before


def test_a_body_that_never_ends_is_not_read_to_its_end(system: User) -> None:
    read_pieces = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read_pieces
        while True:
            read_pieces += 1
            yield b"x" * 1000

    with pytest.raises(Invalid):
        store_bytes(pieces(), length=2500, actor=system)
    assert read_pieces == 3


def test_a_connection_that_breaks_leaves_nothing(system: User) -> None:
    before = stored()

    def pieces() -> Iterator[bytes]:
        yield b"x" * 1000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_bytes(pieces(), length=2000, actor=system)
    assert not Blob.objects.exists()
    assert stored() == before


def test_a_failed_upload_leaves_no_file_behind(system: User, settings: Settings) -> None:
    if settings.STORAGE_URL:
        pytest.skip("the local store alone has files to look at")
    with pytest.raises(Invalid):
        store_bytes([b"half"], length=8, actor=system)
    assert not list((settings.DATA_DIR / "blobs" / "incoming").iterdir())
