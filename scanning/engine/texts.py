"""Plain text: prose, tables, Markdown, lists of words. Text that some program would run is not plain."""

import ast
import codecs
import re
import warnings

from scanning.engine import (
    chat_templates,
    credentials,
    hidden_characters,
    json_documents,
    markdown_documents,
    scripts,
    svg_images,
    word_lists,
    yaml_documents,
)
from scanning.engine.context import Context
from scanning.engine.sources import Source

LARGEST_TEXT = 1 << 30
LARGEST_PROGRAM = 1 << 20
LARGEST_PROSE = 8 << 20
LINE_OF_CODE = re.compile(rb"\n(import \w|from [\w.]+ import |def \w+\(|class \w+[(:])")
# Markup that is a document of its own; prose may begin with a plain tag, as cards of models do.
MARKUP = re.compile(
    r"\s*(<!doctype|<html|<head|<body|<\?|<%|<hta:|<script|<svg|<math|<rss|<feed|<!entity|<!\[)", re.IGNORECASE
)
OTHER_MARKUP = re.compile(r"\s*<([a-z_][\w.:-]*)[\s>]", re.IGNORECASE)
TAGS_OF_PROSE = frozenset({
    "a", "b", "br", "center", "details", "div", "font", "h1", "h2", "h3", "h4", "i", "img", "p", "picture", "span",
    "strong", "table",
})  # fmt: skip
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
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


def is_wide_text(source: Source) -> bool:
    """Whether a text says that it is in UTF-16 or UTF-32, or has the look of it."""
    head = source.read(0, 64)
    if head.startswith(UTF16) or head.startswith((codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE)):
        return True
    halves = head[::2], head[1::2]
    return len(head) >= 16 and any(not half.strip(b"\0") for half in halves) and any(_is_ascii(half) for half in halves)


def _is_ascii(half: bytes) -> bool:
    return all(32 <= byte < 127 or byte in b"\t\r\n" for byte in half)


def refuse_wide_text(source: Source, context: Context) -> None:
    context.found("text.encoding", "The text is not in UTF-8, so the gate cannot tell what other programs make of it.")


def read_text(source: Source, context: Context) -> None:
    """Clean unless the text is a program, markup, or holds characters that hide what it says."""
    context.recognised("text")
    if source.size > LARGEST_TEXT:
        context.found("engine.budget", "The text is larger than the gate reads.")
        return
    credentials.read_credentials(source, context)
    head = source.read(0, 1 << 12).decode("utf-8", "ignore").lstrip("\N{BYTE ORDER MARK}")
    if json_documents.looks_like_json(head) and json_documents.read_json(source, context):
        return
    if word_lists.is_word_list(source):
        context.recognised("vocabulary")
    elif any(hidden_characters.hides_something(piece) for piece in source.pieces()):
        context.found("text.control", "The text holds control characters, which can hide what it says.")
    if svg_images.is_svg(head):
        svg_images.read_svg(source, context)
    elif MARKUP.match(head) or _is_other_markup(head, source):
        context.recognised("markup")
        context.found("text.markup", "The file is markup, which can hold scripts.")
    elif source.size > LARGEST_PROSE:
        _read_large(source, context)
    else:
        _read_whole(source, context)


def _is_other_markup(head: str, source: Source) -> bool:
    """XML of any kind: it begins with a tag that prose does not begin with, and ends with the end of that tag."""
    found = OTHER_MARKUP.match(head)
    if found is None or found[1].lower() in TAGS_OF_PROSE:
        return False
    end = source.read(max(0, source.size - 256), 256).rstrip()
    return end.endswith((f"</{found[1]}>".encode(), b"/>")) or "xmlns" in head or ":" in found[1]


def _read_whole(source: Source, context: Context) -> None:
    text = source.exactly(0, source.size).decode("utf-8-sig")
    is_list = context.format == "vocabulary"
    if chat_templates.is_template(text):
        context.recognised("template")
    chat_templates.judge_text(text, context, "The text")
    if _is_python(source):
        context.recognised("python")
        context.found("text.code", "The file is Python source code.")
    elif kind := scripts.script_kind(text, is_list=context.format in ("vocabulary", "template")):
        context.recognised("script")
        context.found("text.code", f"The file is {kind}.", subject=kind)
    elif not is_list:
        if hidden_characters.UTF7.search(source.exactly(0, source.size)):
            context.found("text.encoding", "The text holds what is markup to a program that reads UTF-7.")
        markdown_documents.judge_markup(text, context)
    # A configuration can be made to look like a list of words.
    yaml_documents.read_tags(source, context)


def read_shown(source: Source, context: Context) -> None:
    """A text whose name says that pages show it: also one that looks like a list of words is prose then."""
    if context.format == "vocabulary" and source.size <= LARGEST_PROSE:
        hidden_characters.judge(source.exactly(0, source.size), context)
        markdown_documents.judge_markup(source.exactly(0, source.size).decode("utf-8-sig"), context)


def _read_large(source: Source, context: Context) -> None:
    """Tables and logs, in pieces; what is looked for may be split between two, but hardly every time."""
    beginning = source.read(0, scripts.LOOKED_AT).decode("utf-8", "ignore")
    if any(LINE_OF_CODE.search(piece) for piece in source.pieces()):
        context.found("text.code", "The file has lines of Python source code.")
    elif kind := scripts.script_kind(beginning, is_list=context.format == "vocabulary"):
        context.found("text.code", f"The file is {kind}.", subject=kind)
    kept = b""
    for piece in source.pieces():
        window = kept + piece
        if context.format != "vocabulary" and markdown_documents.RAW_ACTIVE.search(window):
            context.found("text.markup", "The text has tags that can run or load things.")
            break
        if b"{%" in window and b"__" in window:
            context.found("template.limit", "The text may be a template, and is larger than the gate reads.")
            break
        kept = window[-64:]
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
