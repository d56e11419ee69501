"""What is wrong with a template, from its syntax tree. Jinja parses it; nothing is compiled or rendered."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from scanning.engine import template_words as words
from scanning.engine.template_flow import Flow, Unsettled, is_inner

MOST_NODES = 60_000
FORBIDDEN, UNUSUAL, LIMIT = "template.forbidden", "template.unusual", "template.limit"


class Remark(NamedTuple):
    """A rule, the end of a sentence, and the name it is about."""

    rule: str
    message: str
    subject: str = ""


class Generation(Extension):
    """The block with which transformers marks what the model itself said."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> nodes.Node:
        """The block's body, which is all there is to it."""
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


@cache
def _environment() -> Environment:
    return Environment(extensions=[Generation, "jinja2.ext.loopcontrols"], cache_size=0)  # noqa: S701 - nothing is rendered


def remarks(text: str) -> list[Remark]:
    """Everything that is not plain about a template, each once."""
    try:
        flow = Flow(Parser(_environment(), text).parse(), MOST_NODES)
    except (RecursionError, MemoryError, Unsettled):
        return [Remark(LIMIT, "is larger or deeper than the gate follows.")]
    except (TemplateError, ValueError, OverflowError, AssertionError) as problem:
        reason = (str(problem) or "it ends too early").splitlines()[0]
        return [Remark("template.malformed", f"is not valid Jinja: {reason}")]
    found: dict[Remark, None] = {}
    for node in flow.nodes:
        try:
            found.update(dict.fromkeys(_judge(node, flow)))
        except RecursionError:
            found[Remark(LIMIT, "is nested deeper than the gate reads.")] = None
    return list(found)


def _judge(node: nodes.Node, flow: Flow) -> Iterator[Remark]:
    kind = type(node).__name__
    judge = JUDGES.get(kind)
    if judge is not None:
        yield from judge(node, flow)
    elif kind not in PLAIN_NODES:
        yield Remark(UNUSUAL, f"uses the statement {kind}, which chat templates have no need of.", kind)


def _name(node: nodes.Name, flow: Flow) -> Iterator[Remark]:
    if node.name.startswith("__"):
        yield _inner(node.name)
    elif node.ctx == "load" and node.name in words.FOREIGN_NAMES and node.name not in flow.assigned:
        yield Remark(UNUSUAL, f"refers to {node.name!r}, which is no part of a conversation.", node.name)


def _attribute(node: nodes.Getattr, flow: Flow) -> Iterator[Remark]:
    if is_inner(node.attr):
        yield _inner(node.attr)


def _namespace(node: nodes.NSRef, flow: Flow) -> Iterator[Remark]:
    if is_inner(node.attr):
        yield _inner(node.attr)


def _item(node: nodes.Getitem, flow: Flow) -> Iterator[Remark]:
    yield from _key(node.arg, flow)


def _key(key: nodes.Node, flow: Flow) -> Iterator[Remark]:
    """Judge what names an entry or an attribute."""
    constant = flow.constant(key)
    if isinstance(constant, str):
        # Filters walk along dots.
        if any(is_inner(part) for part in constant.split(".")):
            yield _inner(constant)
    elif constant is None and flow.names_something_inner(key):
        yield Remark(FORBIDDEN, "looks up a name with underscores that it puts together.")
    elif constant is None and flow.builds_text(key):
        yield Remark(UNUSUAL, "looks up a name that it puts together.")


def _filter(node: nodes.Filter, flow: Flow) -> Iterator[Remark]:
    if node.name == "attr" and not (len(node.args) == 1 and isinstance(flow.constant(node.args[0]), str)):
        yield Remark(FORBIDDEN, "reaches an attribute by a name that is not written down.", "attr")
    elif node.name not in words.FILTERS and node.name != "attr":
        yield Remark(UNUSUAL, f"uses the filter {node.name!r}.", node.name)
    yield from _arguments(node, flow)
    if node.name in words.BY_ATTRIBUTE:
        place = words.BY_ATTRIBUTE[node.name]
        for key in (*(pair.value for pair in node.kwargs if pair.key == "attribute"), *node.args[place : place + 1]):
            yield from _key(key, flow)
            if flow.constant(key) is None:
                message = f"gives the filter {node.name!r} an attribute that is not written down."
                yield Remark(UNUSUAL, message, node.name)
    if node.name == "map":
        yield from _called_by_name(node, 0, words.MAPPED, flow)
    elif node.name in words.BY_TEST:
        yield from _called_by_name(node, words.BY_TEST[node.name], words.TESTS, flow)


def _called_by_name(node: nodes.Filter, place: int, allowed: frozenset[str], flow: Flow) -> Iterator[Remark]:
    """A filter or test that is handed over by its name; `map` with `attr` reaches attributes as well."""
    if place >= len(node.args):
        return
    name = flow.constant(node.args[place])
    if name == "attr":
        yield Remark(FORBIDDEN, "reaches attributes by name.", "attr")
    elif name not in allowed:
        yield Remark(UNUSUAL, f"hands {str(name or 'something computed')!r} to the filter {node.name!r}.", node.name)


def _test(node: nodes.Test, flow: Flow) -> Iterator[Remark]:
    if node.name not in words.TESTS:
        yield Remark(UNUSUAL, f"uses the test {node.name!r}.", node.name)
    yield from _arguments(node, flow)


def _call(node: nodes.Call, flow: Flow) -> Iterator[Remark]:
    called = node.node
    if isinstance(called, nodes.Name):
        if called.name in flow.assigned or called.name not in {*flow.macros, *words.FUNCTIONS, "caller", "loop"}:
            yield Remark(UNUSUAL, f"calls {called.name!r}.", called.name)
        if called.name in {*flow.macros, "caller"} and flow.names_something_inner(*node.args, *node.kwargs):
            yield Remark(FORBIDDEN, f"hands a name with underscores to {called.name!r}.", called.name)
        if called.name == "range" and any(flow.is_huge(argument) for argument in node.args):
            yield Remark(UNUSUAL, "counts further than a conversation needs.", "range")
    elif isinstance(called, nodes.Getattr):
        if called.attr in ("format", "format_map"):
            yield from _format(called.node, flow)
        elif called.attr not in words.METHODS:
            yield Remark(UNUSUAL, f"calls the method {called.attr!r}.", called.attr)
    else:
        yield Remark(FORBIDDEN, "calls a value that it computes.")
    yield from _arguments(node, flow)


def _format(pattern: nodes.Node, flow: Flow) -> Iterator[Remark]:
    """Format strings walk along attributes."""
    constant = flow.constant(pattern)
    if isinstance(constant, str) and "__" in constant:
        yield _inner(constant)
    elif not isinstance(constant, str) or re.search(r"\{[^}]*[.\[]", constant):
        yield Remark(UNUSUAL, "formats texts in a way that can reach attributes.", "format")


def _arguments(node: nodes.Call | nodes.Filter | nodes.Test, flow: Flow) -> Iterator[Remark]:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        yield Remark(UNUSUAL, "calls something with arguments that are not written down.")
    for pair in node.kwargs:
        key = str(getattr(pair, "key", ""))
        if is_inner(key):
            yield _inner(key)


def _number(node: nodes.BinExpr, flow: Flow) -> Iterator[Remark]:
    if isinstance(node, nodes.Pow) or flow.is_huge(node.left) or flow.is_huge(node.right):
        yield Remark(UNUSUAL, "computes numbers or texts beyond what a conversation needs.")


def _inner(name: str) -> Remark:
    return Remark(FORBIDDEN, f"reaches into Python objects ({name}).", name)


PLAIN_NODES = frozenset({
    "Add", "And", "Assign", "AssignBlock", "Break", "CallBlock", "Compare", "Concat", "CondExpr", "Const", "Continue",
    "Dict", "Div", "FilterBlock", "FloorDiv", "For", "If", "Keyword", "List", "Macro", "Mod", "Neg", "Not",
    "Operand", "Or", "Output", "Pair", "Pos", "Scope", "Slice", "Sub", "Template", "TemplateData", "Tuple", "With",
})  # fmt: skip
JUDGES: dict[str, Callable[..., Iterator[Remark]]] = {
    "Name": _name,
    "Getattr": _attribute,
    "NSRef": _namespace,
    "Getitem": _item,
    "Filter": _filter,
    "Test": _test,
    "Call": _call,
    "Mul": _number,
    "Pow": _number,
}
