"""Files that lie beside each other, and which of them others describe as nothing but numbers.

Weights are often kept apart from what says how to read them: the shards of a TensorFlow checkpoint, the external data
of an ONNX model. Such a file has no signature. It is understood when its describer accounts for every byte of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanning.engine.sources import Source

LARGEST_GAPS = 64 << 20


@dataclass(slots=True)
class Folder:
    """The files of a version or the members of an archive, by path, with their sizes."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    described: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def describe(self, path: str, start: int, end: int) -> None:
        """Note that the bytes between two offsets of a file are numbers."""
        self.described.setdefault(path, []).append((start, end))

    def accounts_for(self, path: str, source: Source) -> bool:
        """Whether every byte of a file is described as numbers, but for zeros between them."""
        at, gaps = 0, 0
        for start, end in [*sorted(self.described.get(path, ())), (source.size, source.size)]:
            gaps += max(0, start - at)
            if path not in self.described or end > source.size or gaps > LARGEST_GAPS:
                return False
            if start > at and any(piece.strip(b"\0") for piece in source.pieces(at, start)):
                return False
            at = max(at, end)
        return at == source.size


def beside(path: str, location: str) -> str:
    """The path of what a file calls `location`, from its own folder. It must not lead outside."""
    folder = path.rpartition("/")[0]
    parts = [part for part in location.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join([folder, *parts] if folder else parts)
