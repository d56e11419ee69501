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
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
LINE_OF_CODE = re.compile(rb"^(import \w|from [\w.]+ import |def \w+\(|class \w+[(:]|@\w)", re.MULTILINE)
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
    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in source.pieces():
        if CONTROL.search(decoder.decode(piece)):
            context.found("text.control", "The text holds control characters, which can hide what it says.")
            break
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
