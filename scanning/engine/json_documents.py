"""JSON documents: data, unless they name code that a loader would fetch or run."""

import json
import re
from collections.abc import Iterator

from scanning.engine import keras_configs
from scanning.engine.context import Context
from scanning.engine.paths import leads_outside
from scanning.engine.sources import Source

LARGEST_DOCUMENT = 32 << 20
CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "trust_remote_code", "custom_objects"})
TEMPLATE_KEYS = frozenset({"chat_template", "template"})
TEMPLATE_TRICK = re.compile(r"__|\battr\b|\|\s*map\b")
WEIGHT_MAP = "weight_map"


def looks_like_json(head: str) -> bool:
    """Whether a text begins as a JSON object or list does."""
    return bool(re.match(r'\s*(\{\s*("|\}|$)|\[\s*([\["{\]\-0-9tfn]|$))', head))


def read_json(source: Source, context: Context) -> None:
    """Look for keys that mean code; text that only begins like JSON is left as text."""
    if source.size > LARGEST_DOCUMENT:
        context.found("json.limit", "The JSON document is larger than the gate reads.")
        return
    try:
        document = json.loads(source.exactly(0, source.size))
    except RecursionError:
        context.found("json.limit", "The JSON document is nested too deep.")
        return
    except ValueError:
        # JSON lines, or text in brackets.
        for line in _lines(source):
            _judge(line, context)
        return
    _judge(document, context)


def _lines(source: Source) -> Iterator[object]:
    for line in source.exactly(0, source.size).splitlines():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _judge(document: object, context: Context) -> None:
    if isinstance(document, dict) and "nbformat" in document and "cells" in document:
        context.found("json.code", "The file is a notebook, which holds code.")
    if keras_configs.looks_like_config(document):
        keras_configs.judge(document, context)
    open_values = [document]
    while open_values:
        value = open_values.pop()
        if isinstance(value, list):
            open_values.extend(value)
        elif isinstance(value, dict):
            for key, inner in value.items():
                open_values.append(inner)
                _judge_entry(key, inner, context)


def _judge_entry(key: str, value: object, context: Context) -> None:
    if key in CODE_KEYS and value:
        context.found("json.code", f"The document names code to load, under {key!r}.")
    elif key in TEMPLATE_KEYS and isinstance(value, str) and TEMPLATE_TRICK.search(value):
        context.found("json.code", f"The template under {key!r} reaches into Python objects.")
    elif key == "class_name" and value == "Lambda":
        context.found("json.code", "The document describes a layer that holds code.")
    elif key == WEIGHT_MAP and isinstance(value, dict):
        for name in value.values():
            if isinstance(name, str) and leads_outside(name):
                context.found("json.path", f"The index refers to the file {name!r} outside of the model.")
