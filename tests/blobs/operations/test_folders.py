"""Folders: what can lie beside what, and what goes when something is taken out."""

from collections.abc import Callable

import pytest

from accounts.models import User
from blobs.models import Blob, Folder
from blobs.operations.folders import create_folder, put_file, remove
from blobs.queries import Entry, below, find_file, list_level
from lib.errors import Invalid, NotFound
from tests.lib.test_paths import TRAVERSALS

Stored = Callable[[bytes], Blob]


@pytest.fixture
def folder(system: User) -> Folder:
    """An empty folder."""
    return create_folder(actor=system)


@pytest.fixture
def put(folder: Folder, stored: Stored, system: User) -> Callable[..., None]:
    """Puts files of these names into the folder."""

    def put_all(*paths: str) -> None:
        for path in paths:
            put_file(folder, path, stored(path.encode()), actor=system)

    return put_all


def names(folder: Folder) -> list[str]:
    """Everything in the folder."""
    return sorted(folder.files.values_list("path", flat=True))


def test_a_level_lists_files_with_sizes_and_folders_without(folder: Folder, put: Callable[..., None]) -> None:
    put("MLmodel", "data/a.bin", "data/deep/b.bin", "data.txt")
    assert list_level(folder.files.all(), "") == [
        Entry("MLmodel", False, 7),
        Entry("data", True, None),
        Entry("data.txt", False, 8),
    ]
    assert list_level(folder.files.all(), "data") == [Entry("a.bin", False, 10), Entry("deep", True, None)]
    assert list_level(folder.files.all(), "nothing") == []
    assert list_level(folder.files.all(), "MLmodel") == []


def test_the_same_name_again_replaces_the_file(folder: Folder, stored: Stored, system: User) -> None:
    put_file(folder, "a", stored(b"old"), actor=system)
    put_file(folder, "a", stored(b"new"), actor=system)
    assert find_file(folder.files.all(), "a").blob == stored(b"new")
    assert folder.files.count() == 1


@pytest.mark.parametrize(
    ("there", "new"), [("a", "a/b"), ("a", "a/b/c"), ("a/b", "a"), ("a/b/c", "a"), ("a/b/c", "a/b")]
)
def test_a_name_is_a_file_or_a_folder(folder: Folder, put: Callable[..., None], there: str, new: str) -> None:
    put(there)
    with pytest.raises(Invalid, match="both a file and a folder"):
        put(new)
    assert names(folder) == [there]


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "A"), ("a/b", "A"), ("a", "A/b"), ("a", "ab/c"), ("a_", "ab/c"), ("a%", "ab/c"), ("é", "e\u0301")],
)
def test_names_that_are_only_alike_lie_beside_each_other(
    folder: Folder, put: Callable[..., None], one: str, other: str
) -> None:
    put(one, other)
    assert names(folder) == sorted([one, other])


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_name_leads_to_another_place(folder: Folder, stored: Stored, system: User, path: str) -> None:
    with pytest.raises(Invalid):
        put_file(folder, path, stored(b"x"), actor=system)
    with pytest.raises(Invalid):
        find_file(folder.files.all(), path)
    assert not folder.files.exists()


@pytest.mark.parametrize("path", [path for path in TRAVERSALS if path not in ("", "a/")])
def test_no_name_of_another_place_removes_anything(
    folder: Folder, put: Callable[..., None], system: User, path: str
) -> None:
    put("a/b", "etc/passwd", "x")
    with pytest.raises(Invalid):
        remove(folder, path, actor=system)
    assert folder.files.count() == 3


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("a/b", ["A/x", "a/c/d", "a_", "ab", "b"]),
        ("a/c", ["A/x", "a/b", "a_", "ab", "b"]),
        ("a", ["A/x", "a_", "ab", "b"]),
        ("a/", ["A/x", "a_", "ab", "b"]),
        ("a_", ["A/x", "a/b", "a/c/d", "ab", "b"]),
        ("_", ["A/x", "a/b", "a/c/d", "a_", "ab", "b"]),
        ("A", ["a/b", "a/c/d", "a_", "ab", "b"]),
        ("nothing", ["A/x", "a/b", "a/c/d", "a_", "ab", "b"]),
        ("", []),
    ],
)
def test_removing_takes_the_file_or_all_below_the_folder_and_nothing_else(
    folder: Folder, put: Callable[..., None], system: User, path: str, left: list[str]
) -> None:
    put("A/x", "a/b", "a/c/d", "a_", "ab", "b")
    assert remove(folder, path, actor=system) == 6 - len(left)
    assert names(folder) == left


def test_what_is_below_a_folder_is_found_by_its_exact_name(folder: Folder, put: Callable[..., None]) -> None:
    put("a_b/x", "acb/x", "A_B/x", "a_b.txt", "100%/x", "1000/x", "模型/x")
    assert [file.path for file in below(folder.files.all(), "a_b")] == ["a_b/x"]
    assert [file.path for file in below(folder.files.all(), "100%")] == ["100%/x"]
    assert [file.path for file in below(folder.files.all(), "模型")] == ["模型/x"]


def test_another_folder_is_not_touched(folder: Folder, put: Callable[..., None], stored: Stored, system: User) -> None:
    put("a")
    other = create_folder(actor=system)
    put_file(other, "a/b", stored(b"x"), actor=system)
    remove(folder, "", actor=system)
    assert names(other) == ["a/b"]


def test_a_file_that_is_not_there_is_not_found(folder: Folder, put: Callable[..., None]) -> None:
    put("a/b")
    for path in ("a", "A/b", "a/c", "b"):
        with pytest.raises(NotFound):
            find_file(folder.files.all(), path)
