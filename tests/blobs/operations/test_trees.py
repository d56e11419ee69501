"""Freezing folders into trees."""

from collections.abc import Callable

import pytest

from accounts.models import User
from blobs.models import Blob, Folder, Tree
from blobs.operations.folders import create_folder, put_file
from blobs.operations.trees import freeze
from lib import digests
from lib.errors import Invalid

Stored = Callable[[bytes], Blob]


@pytest.fixture
def folder_of(stored: Stored, system: User) -> Callable[..., Folder]:
    """Makes folders: `folder_of(("a", b"1"), ("b", b"2"))`."""

    def make(*files: tuple[str, bytes]) -> Folder:
        folder = create_folder(actor=system)
        for path, content in files:
            put_file(folder, path, stored(content), actor=system)
        return folder

    return make


def test_a_tree_holds_every_file_and_its_digest_names_them(folder_of: Callable[..., Folder], system: User) -> None:
    tree = freeze(folder_of(("b", b"22"), ("a/c", b"1")), actor=system)
    assert dict(tree.files.values_list("path", "blob__size")) == {"b": 2, "a/c": 1}
    assert (tree.file_count, tree.size) == (2, 3)
    one, two = digests.of_bytes(b"1"), digests.of_bytes(b"22")
    assert tree.digest == digests.of_bytes(f"{one} 1 a/c\0{two} 2 b\0".encode())


def test_the_same_content_is_the_same_tree_in_any_order(folder_of: Callable[..., Folder], system: User) -> None:
    first = freeze(folder_of(("a", b"1"), ("B", b"2"), ("é", b"3")), actor=system)
    second = freeze(folder_of(("é", b"3"), ("B", b"2"), ("a", b"1")), actor=system)
    assert first == second
    assert Tree.objects.count() == 1


@pytest.mark.parametrize("other", [("a", b"2"), ("b", b"1"), ("A", b"1"), ("a/a", b"1")])
def test_other_content_or_another_name_is_another_tree(
    folder_of: Callable[..., Folder], system: User, other: tuple[str, bytes]
) -> None:
    assert freeze(folder_of(("a", b"1")), actor=system) != freeze(folder_of(other), actor=system)


def test_a_folder_inside_is_frozen_with_names_of_its_own(folder_of: Callable[..., Folder], system: User) -> None:
    whole = folder_of(("model/MLmodel", b"1"), ("model/data/x", b"2"), ("models/y", b"3"), ("log.txt", b"4"))
    assert freeze(whole, "model", actor=system) == freeze(folder_of(("MLmodel", b"1"), ("data/x", b"2")), actor=system)
    assert freeze(whole, "model/", actor=system) == freeze(whole, "model", actor=system)


def test_a_tree_does_not_change_when_its_folder_does(
    folder_of: Callable[..., Folder], stored: Stored, system: User
) -> None:
    folder = folder_of(("a", b"1"))
    tree = freeze(folder, actor=system)
    put_file(folder, "a", stored(b"2"), actor=system)
    assert tree.files.get().blob == stored(b"1")
    assert freeze(folder, actor=system) != tree


@pytest.mark.parametrize("path", ["", "nothing", "A", "a"])
def test_nothing_cannot_be_frozen(folder_of: Callable[..., Folder], system: User, path: str) -> None:
    folder = folder_of() if not path else folder_of(("a", b"1"))
    with pytest.raises(Invalid) as refusal:
        freeze(folder, path, actor=system)
    assert refusal.value.field == "source"
    assert not Tree.objects.exists()
