"""The benign bundles as the tests read them: an item is a file, or a folder with several."""

import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

BENIGN = Path(__file__).with_name("benign")


@cache
def benign() -> dict[str, dict[str, bytes]]:
    """Every item by "bundle/item": the bytes of its files by their paths in it."""
    items: dict[str, dict[str, bytes]] = {}
    for bundle in sorted(BENIGN.glob("*.tar.xz")):
        for name, data in _members(bundle):
            item, slash, path = name.partition("/")
            items.setdefault(f"{bundle.name.partition('.')[0]}/{item}", {})[path if slash else item] = data
    return items


def _members(bundle: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(bundle, "r:xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file
            yield member.name, file.read()
