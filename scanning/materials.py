"""The files of a tree where the sandbox can read them: as they lie in a local store, or fetched from a remote one."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from blobs.models import Blob, Tree
from blobs.queries import local_path, read
from scanning.sandbox import ScanFile, private_directory


@contextmanager
def laid_out(tree: Tree, workshop: Path) -> Iterator[list[ScanFile]]:
    """What to scan, by its path in the tree; copies lie in `workshop` and are removed at the end of the block."""
    with ExitStack() as at_end:
        yield [
            ScanFile(
                path=file.path,
                source=local_path(file.blob) or _fetched(file.blob, workshop, at_end),
                size=file.blob.size,
            )
            for file in tree.files.select_related("blob").order_by("path")
        ]


def _fetched(blob: Blob, workshop: Path, at_end: ExitStack) -> Path:
    path = at_end.enter_context(private_directory(workshop)) / "bytes"
    with read(blob) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return path
