"""Every published way to smuggle another place into the name of a file."""

import pytest

from lib import paths
from lib.errors import Invalid

TRAVERSALS = [
    "../x",
    "../../x",
    "a/../../x",
    "a/..",
    "a/./b",
    "..\\..\\x",
    "a\\b",
    "/abs/x",
    "//proc/self/root",
    "C:\\x",
    "C:x",
    "c:/x",
    "a/C:x",
    "a//b",
    "a/",
    "/",
    ".",
    "..",
    "",
    "a\0b",
    "a\nb",
    "a\x7fb",
    "x" * 5_000,
    "%2e%2e%2fx",
    "%252e%252e%252fx",
    "%25252e%25252e%25252fx",
    "..%5cx",
    "..%2fx",
    "%2e%2e/x",
    "%c0%ae%c0%ae/x",
    "%00",
    "%2fetc/passwd",
    "%2F%2F%2F..%2F..%2Fetc%2Fpasswd",
    "．．/x",
    "．．／x",
    "a／..／..／x",
    "‥/x",
    "․․/x",
    "%EF%BC%8E%EF%BC%8E/x",
    "http:///#/../../etc",
    "#/../../etc",
    "x#y",
    "x;/../../etc",
    "x?y",
    "file:///etc",
    "./..",
    "a\ufffdb",
    "a\ud800b",
]
PLAIN = [
    "x",
    "model.pkl",
    "model/MLmodel",
    "a/b/c/d.txt",
    ".hidden/file",
    "..data",
    "data..",
    "...",
    "with blank and (parentheses).txt",
    "100%.txt",
    "100%25.txt",
    "Größe/模型.bin",
    "ab:c",
    "x;y=1",
    "~/x",
    "x" * 1024,
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_a_name_that_could_mean_another_place_is_refused(path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        paths.clean(path, field="artifact_path")
    assert refusal.value.field == "artifact_path"
    assert refusal.value.message.startswith("Invalid path: ")


@pytest.mark.parametrize("path", PLAIN)
def test_a_plain_name_stays_as_it_is(path: str) -> None:
    assert paths.clean(path) == path


@pytest.mark.parametrize("path", PLAIN)
def test_every_folder_and_every_part_below_it_is_plain_too(path: str) -> None:
    parts = path.split("/")
    for depth in range(1, len(parts)):
        assert paths.clean_folder("/".join(parts[:depth]))
        assert paths.clean("/".join(parts[depth:]))


@pytest.mark.parametrize("path", [path for path in TRAVERSALS if path not in ("", "a/")])
def test_the_same_names_are_refused_for_folders(path: str) -> None:
    with pytest.raises(Invalid):
        paths.clean_folder(path)


def test_a_folder_may_be_the_top_and_may_end_with_a_slash() -> None:
    assert paths.clean_folder("") == ""
    assert paths.clean_folder("a/") == "a"
    assert paths.clean_folder("a/b") == "a/b"


def test_a_lone_slash_is_not_the_top() -> None:
    with pytest.raises(Invalid):
        paths.clean_folder("/")
    with pytest.raises(Invalid):
        paths.clean_folder("a//")
