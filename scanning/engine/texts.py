"""Plain text: prose, tables, Markdown. Text that some program would run is not plain."""

import ast
import codecs
import re
import warnings

from scanning.engine import json_documents, yaml_documents
from scanning.engine.context import Context
from scanning.engine.sources import Source

LARGEST_TEXT = 1 << 30
LARGEST_PROGRAM = 1 << 20
CONTROL = bytes({*range(0x20), 0x7F} - set(b"\t\n\f\r"))
# C1 controls and the marks that turn the direction of text, in UTF-8.
WIDE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
LINE_OF_CODE = re.compile(rb"\n(import \w|from [\w.]+ import |def \w+\(|class \w+[(:])")
MARKUP = re.compile(r"\s*<(!|\?|[a-z])", re.IGNORECASE)
RUNS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Call,
    ast.Lambda,
    ast.Delete,
)


def is_text(source: Source) -> bool:
    """Whether the bytes are UTF-8 without NUL, read in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in source.pieces():
            if b"\0" in piece:
                return False
            decoder.decode(piece)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def read_text(source: Source, context: Context) -> None:
    """Clean unless the text is a program, markup, or holds characters that hide what it says."""
    if source.size > LARGEST_TEXT:
        context.found("engine.budget", "The text is larger than the gate reads.")
        return
    if any(_hides_something(piece) for piece in source.pieces()):
        context.found("text.control", "The text holds control characters, which can hide what it says.")
    head = source.read(0, 1 << 12).decode("utf-8", "ignore").lstrip("\N{BYTE ORDER MARK}")
    if json_documents.looks_like_json(head):
        json_documents.read_json(source, context)
    elif head.startswith("#!"):
        context.found("text.code", "The file is a script.")
    elif MARKUP.match(head):
        context.found("text.markup", "The file is markup, which can hold scripts.")
    elif _is_python(source):
        context.found("text.code", "The file is Python source code.")
    else:
        yaml_documents.read_tags(source, context)


def _hides_something(piece: bytes) -> bool:
    if len(piece.translate(None, CONTROL)) != len(piece):
        return True
    return not piece.isascii() and WIDE_CONTROL.search(piece) is not None


def _is_python(source: Source) -> bool:
    """Whether the whole text parses as Python and does something; a document with examples does not parse."""
    if source.size > LARGEST_PROGRAM:
        return any(LINE_OF_CODE.search(piece) for piece in source.pieces())
    text = source.exactly(0, source.size)
    if not re.search(rb"[(:]|import", text):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):
        return True
    return any(isinstance(node, RUNS) for node in ast.walk(tree))
