"""JSON documents: data, unless they name code that a loader would fetch or run."""

import json
import re

from scanning.engine import hidden_characters, hub_configs, keras_configs, notebooks
from scanning.engine.context import Context
from scanning.engine.sources import Cursor, Source, Truncated

LARGEST_DOCUMENT = 64 << 20
LONGEST_LINE = 4 << 20
# A table of words has at least so many, and is data whatever the words are.
WORDS = 500
NAMES_CODE = re.compile(rb'"(auto_map|trust_remote_code|custom_pipelines|_target_|py/reduce|chat_template)"\s*:')


class Repeated(Exception):
    """An object names something twice, which two programs would read differently."""


def looks_like_json(head: str) -> bool:
    """Whether a text begins as a JSON object or list does."""
    return bool(re.match(r'\s*(\{\s*("|\}|$)|\[\s*([\["{\]\-0-9tfn]|$))', head))


def read_json(source: Source, context: Context) -> bool:
    """Look for keys that mean code; False when this only begins like JSON and is some other text."""
    if source.size > LARGEST_DOCUMENT:
        _read_lines(source, context)
        return True
    raw = source.exactly(0, source.size)
    try:
        document = json.loads(raw, object_pairs_hook=_Objects(context))
    except RecursionError:
        context.found("json.limit", "The JSON document is nested too deep.")
        return True
    except ValueError:
        return _read_as_lines(raw, context)
    context.recognised("json")
    if not judge(document, context):
        hidden_characters.judge(raw, context)
    return True


class _Objects:
    """Makes the objects of a document, and reports when one names something twice."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __call__(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        entries = dict(pairs)
        if len(entries) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in entries if names.count(name) > 1)
            self.context.found("json.repeated", f"An object of the document names {twice!r} twice.", subject=twice)
            # Whichever the loader takes.
            for pair in pairs:
                hub_configs.judge_object(dict([pair]), self.context)
        return entries


def _read_as_lines(raw: bytes, context: Context) -> bool:
    """A document in every line, or text in brackets."""
    hook = _Objects(context)
    documents = []
    for line in raw.splitlines():
        if line.strip():
            try:
                documents.append(json.loads(line, object_pairs_hook=hook))
            except (ValueError, RecursionError):
                if NAMES_CODE.search(raw):
                    context.found("json.malformed", "The document is not valid JSON, but names code to load.")
                return False
    context.recognised("json lines")
    for document in documents:
        judge(document, context)
    hidden_characters.judge(raw, context)
    return True


def _read_lines(source: Source, context: Context) -> None:
    """A document in every line, of a file that is too large to hold."""
    cursor, decoder = Cursor(source), json.JSONDecoder(object_pairs_hook=_Objects(context))
    while cursor.left:
        try:
            line = cursor.line(LONGEST_LINE)
        except Truncated:
            line = cursor.read(cursor.left) if cursor.left <= LONGEST_LINE else b"{"
        if not line.strip():
            continue
        try:
            document = decoder.decode(line.decode())
        except (ValueError, RecursionError):
            context.found("json.limit", "The JSON document is larger than the gate reads.")
            return
        judge(document, context)
    for piece in source.pieces():
        hidden_characters.judge(piece, context)
    context.recognised("json lines")


def judge(document: object, context: Context) -> bool:
    """Judge a document of plain values; True when it is a table of words, in which any character may stand."""
    if isinstance(document, dict) and "nbformat" in document:
        notebooks.read_notebook(document, context)
    if keras_configs.looks_like_config(document):
        keras_configs.judge(document, context)
    open_values = [document]
    while open_values:
        value = open_values.pop()
        if isinstance(value, list):
            for inner in value:
                if isinstance(inner, dict | list):
                    open_values.append(inner)
                elif isinstance(inner, str) and ("{{" in inner or "{%" in inner):
                    hub_configs.judge_object({"text": inner}, context)
        elif isinstance(value, dict) and not _is_table(value):
            hub_configs.judge_object(value, context)
            if value.get("class_name") == "Lambda":
                context.found("json.code", "The document describes a layer that holds code.", subject="Lambda")
            for inner in value.values():
                if isinstance(inner, dict | list):
                    open_values.append(inner)
                elif isinstance(inner, str) and inner[:1] in "{[" and NAMES_CODE.search(inner.encode(errors="replace")):
                    open_values.append(_document_inside(inner))
    return _is_vocabulary(document)


def _document_inside(text: str) -> object:
    """A document that is written as a text inside of another one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_table(value: dict[str, object]) -> bool:
    """Whether an object is a long table of numbers."""
    return len(value) >= WORDS and all(type(number) in (int, float) for number in value.values())


def _is_vocabulary(document: object) -> bool:
    """Whether this is a tokenizer, or the table of its words."""
    if not isinstance(document, dict):
        return False
    model = document.get("model")
    if isinstance(model, dict) and "vocab" in model:
        return True
    return _is_table(document) or "added_tokens_decoder" in document
