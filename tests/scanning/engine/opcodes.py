"""Pieces of pickles, to put together by hand."""

from tests.scanning.engine.hostile import text


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def protocol(number: int, body: bytes) -> bytes:
    return b"\x80" + bytes([number]) + body + b"."


def state_of(entries: dict[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(key) + pushed for key, pushed in entries.items()) + b"u"
