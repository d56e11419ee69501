"""Safetensors files: a JSON header that must describe every byte behind it, without gaps and without overlap."""

import json

from scanning.engine.context import Context
from scanning.engine.sources import Source

LARGEST_HEADER = 32 << 20
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
    "C64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def is_safetensors(source: Source) -> bool:
    """Whether the file begins with a plausible header length and an opening brace."""
    head = source.read(0, 9)
    return len(head) == 9 and head[8:] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= max(source.size, 1 << 27)


def read_safetensors(source: Source, context: Context) -> None:
    """Report the first thing in which the file differs from the format, if any."""
    length = int.from_bytes(source.exactly(0, 8), "little")
    if length > LARGEST_HEADER or 8 + length > source.size:
        context.found(
            "safetensors.malformed", "The header of the tensors is larger than the file or than the gate reads."
        )
        return
    problem = _problem(source.exactly(8, length), source.size - 8 - length)
    if problem:
        context.found("safetensors.malformed", problem)


def _problem(raw: bytes, available: int) -> str | None:
    try:
        header = json.loads(raw.decode("utf-8").rstrip(" "), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return "The header of the tensors is not valid JSON, or names something twice."
    if not isinstance(header, dict):
        return "The header of the tensors is not an object."
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        return "The metadata of the tensors are not plain text."
    spans = []
    for name, described in header.items():
        span = _span(described)
        if span is None:
            return f"The tensor {name!r} is not described as the format demands."
        spans.append(span)
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            return "There are gaps between the tensors, or they overlap."
        end = stop
    return None if end == available else "The file is longer or shorter than its tensors."


def _span(described: object) -> tuple[int, int] | None:
    """Where a tensor lies, when that agrees with its type and shape."""
    if not isinstance(described, dict) or set(described) != {"dtype", "shape", "data_offsets"}:
        return None
    bits, shape, offsets = BITS.get(str(described["dtype"])), described["shape"], described["data_offsets"]
    if bits is None or not _are_lengths(shape) or not _are_lengths(offsets) or len(offsets) != 2:
        return None
    total = bits
    for length in shape:
        total *= length
    return (offsets[0], offsets[1]) if total == 8 * (offsets[1] - offsets[0]) else None


def _are_lengths(values: object) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= 64
        and all(type(value) is int and 0 <= value < 1 << 63 for value in values)
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise ValueError("a name stands twice")
    return entries
