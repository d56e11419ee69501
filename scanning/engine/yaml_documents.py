"""YAML, read so that neither tags nor aliases can do harm. What a document means is for the readers of its kind."""

import re

import yaml

from scanning.engine import json_documents
from scanning.engine.context import Context
from scanning.engine.sources import BytesSource, Source

LARGEST_DOCUMENT = 4 << 20
LARGEST_TREE = 200_000
DEEPEST = 64
CORE = "tag:yaml.org,2002:"
CORE_TAGS = frozenset(
    f"{CORE}{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "binary", "set")
)
# A tag may be written with escapes. Lists of aliases with an anchor of their own are how a document multiplies itself.
SUSPICIOUS = re.compile(
    rb"!!(python|js|ruby|java)|![^\s!%]{0,64}%[0-9A-Fa-f]{2}|!<|!python|tag:yaml\.org,2002:(python|js)|^%TAG"
    rb"|&\w{1,64}[ ]?[\[{][^\n]{0,64}\*\w",
    re.MULTILINE,
)

NAMES_CODE = re.compile(
    rb"(?:^|[\s{,\-\"'])(_target_|auto_map|trust_remote_code|custom_pipelines|chat_template|weight_map|auto_mapping"
    rb"|megatron_core|activation_function|activation_fn|base_model_name_or_path|py/\w+)[\"']?\s*:",
    re.MULTILINE,
)
CODE_KEYS = (b"_target_", b"auto_map", b"trust_remote_code", b"custom_pipelines", b"py/")
TARGET = re.compile(rb"(?:^|[\s{,\-\"'])(_target_|py/\w+)[\"']?\s*:", re.MULTILINE)
FRONT_MATTER = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)\n---[ \t]*\r?\n", re.DOTALL)

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadYaml(Exception):
    """A rule's name and a sentence."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def load(source: Source) -> object:
    """The document as plain values; BadYaml when it is too large, has tags of its own, or multiplies itself."""
    if source.size > LARGEST_DOCUMENT:
        raise BadYaml("yaml.malformed", "The document is larger than the gate reads.")
    text = source.exactly(0, source.size)
    try:
        _check_events(text)
        return yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader, the C one where there is one
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise BadYaml("yaml.malformed", f"The document is not valid YAML: {str(problem).splitlines()[0]}.") from None


def read_tags(source: Source, context: Context) -> None:
    """Report a text that would make a careless YAML loader build objects."""
    if source.size > LARGEST_DOCUMENT:
        if any(_has_tag(piece) for piece in source.pieces()):
            context.found("yaml.malformed", "The text has YAML tags and is larger than the gate reads.")
        elif any(key in piece and NAMES_CODE.search(piece) for piece in source.pieces() for key in CODE_KEYS):
            context.found("yaml.malformed", "The text may name code to load, and is larger than the gate reads.")
        return
    text = source.exactly(0, source.size)
    if NAMES_CODE.search(text):
        _judge_values(source, text, context)
    if SUSPICIOUS.search(text):
        try:
            _check_events(text)
        except BadYaml as problem:
            context.found(problem.rule, problem.message)
        except (yaml.YAMLError, ValueError):
            # Prose that mentions a tag.
            return


def _has_tag(piece: bytes) -> bool:
    """The same as a search, but quick where there is nothing."""
    return (b"!" in piece or b"%TAG" in piece or b"tag:yaml" in piece) and SUSPICIOUS.search(piece) is not None


def _judge_values(source: Source, text: bytes, context: Context) -> None:
    """What a configuration means is the same in YAML as in JSON."""
    front = FRONT_MATTER.match(text)
    try:
        document = load(BytesSource(front[1]) if front else source)
    except BadYaml:
        if TARGET.search(text):
            context.found("json.code", "The document may name code to load.")
        return
    json_documents.judge(document, context)


def _check_events(text: bytes) -> None:
    """Walk the document without building it: no foreign tags, no deep nesting, and no aliases that multiply."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before + 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise BadYaml("yaml.bomb", "The document refers to itself.")
            total += sizes[event.anchor]
        elif isinstance(event, yaml.NodeEvent):
            total += 1
            tag = getattr(event, "tag", None)
            if tag not in (None, "!") and tag not in CORE_TAGS:
                raise BadYaml("yaml.tag", f"The document asks its loader to build {tag!r}.")
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append((event.anchor, total))
            elif event.anchor:
                sizes[event.anchor] = 1
        if total > LARGEST_TREE or len(open_nodes) > DEEPEST:
            raise BadYaml(
                "yaml.bomb", "The document grows beyond what the gate reads when its references are followed."
            )
