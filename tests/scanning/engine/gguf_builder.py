"""Builds small GGUF files by hand, good and bad ones."""

import struct
from typing import Any

TEXT, ARRAY, UINT32, BOOL = 8, 9, 4, 7


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def key(name: str, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def tensor(name: str, shape: list[int], kind: int, offset: int) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def model(keys: list[bytes], tensors: list[bytes], rest: bytes, **changes: Any) -> bytes:
    """The header, padding to 32 bytes, and what follows; `changes` overrides counts and version."""
    version, count, entries = (changes.get(name) for name in ("version", "count", "entries"))
    head = b"GGUF" + struct.pack(
        "<IQQ", version or 3, len(tensors) if count is None else count, len(keys) if entries is None else entries
    )
    head += b"".join(keys) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + rest


def with_template(template: str, name: str = "tokenizer.chat_template") -> bytes:
    return model([key(name, TEXT, text(template))], [tensor("w", [8], 0, 0)], bytes(32))
