"""skops files: a zip archive whose schema.json describes a tree of objects by the names of their types.

Format: skops.io, protocols 0 to 2. Other members are read by content like those of any archive.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from scanning.engine.allow_list import LISTED, NEVER_A_VALUE, Standing, standing
from scanning.engine.context import Context
from scanning.engine.sources import Source, Truncated

SCHEMA = "schema.json"
LARGEST_SCHEMA = 64 << 20

# What becomes of a node's type while loading: it is instantiated, called, looked up, or not used at all.
MADE, CALLED, NAMED, UNUSED = "made", "called", "named", "unused"
LOADERS = {
    "JsonNode": UNUSED,
    "SliceNode": UNUSED,
    "BytesNode": UNUSED,
    "BytearrayNode": UNUSED,
    "CachedNode": UNUSED,
    "DTypeNode": UNUSED,
    "SparseMatrixNode": UNUSED,
    "MaskedArrayNode": UNUSED,
    "DefaultDictNode": UNUSED,
    "DictNode": CALLED,
    "ListNode": CALLED,
    "SetNode": CALLED,
    "TupleNode": CALLED,
    "NdArrayNode": CALLED,
    "RandomStateNode": CALLED,
    "RandomGeneratorNode": CALLED,
    "ConstructorFromReduceNode": CALLED,
    "LossNode": CALLED,
    "TreeNode": UNUSED,
    "ObjectNode": MADE,
    "TypeNode": NAMED,
    "FunctionNode": NAMED,
    "PartialNode": UNUSED,
    "OperatorFuncNode": UNUSED,
}
CONTAINERS = frozenset(
    {"DictNode", "ListNode", "SetNode", "TupleNode", "NdArrayNode", "RandomStateNode", "RandomGeneratorNode"}
)
CALLED_LIBRARIES = frozenset({"_loss", "builtins", "collections", "numpy", "sklearn"})
CONTAINER_LIBRARIES = frozenset({"builtins", "collections", "numpy", "sklearn"})
PLAIN_KEYS = frozenset({"str", "int", "float", "bool", "bytes", "tuple"})
BIT_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})


class Node(NamedTuple):
    loader: str
    module: str
    name: str
    fields: dict[str, object]


class Remark(NamedTuple):
    rule: str
    message: str
    subject: str = ""


def is_skops(members: Mapping[str, Source]) -> bool:
    """Whether there is a schema that names loaders."""
    schema = members.get(SCHEMA)
    return schema is not None and b'"__loader__"' in schema.read(0, 1 << 20)


def read_skops(members: Mapping[str, Source], context: Context) -> None:
    """Judge every type that loading the archive would look up."""
    schema = members[SCHEMA]
    if schema.size > LARGEST_SCHEMA:
        context.found("skops.malformed", "The schema is larger than the gate reads.")
        return
    try:
        tree = json.loads(schema.exactly(0, schema.size))
    except (ValueError, RecursionError, Truncated):
        context.found("skops.malformed", "The schema is not valid JSON.")
        return
    said: set[Remark] = set()
    for node in _nodes(tree, context):
        remark = _judge(node, members)
        if remark is not None and remark not in said:
            said.add(remark)
            context.found(remark.rule, remark.message, subject=remark.subject)


def _nodes(tree: object, context: Context) -> list[Node]:
    """Every node of the tree, wherever it hangs."""
    found: list[Node] = []
    open_values = [tree]
    while open_values:
        value = open_values.pop()
        if isinstance(value, list):
            open_values.extend(value)
        elif isinstance(value, dict):
            open_values.extend(value.values())
            parts = [value.get(key) for key in ("__loader__", "__module__", "__class__")]
            # A dictionary of the model may itself have keys of these names, but then their values are nodes.
            if all(isinstance(part, str) for part in parts):
                found.append(Node(str(parts[0]), str(parts[1]), str(parts[2]), value))
            elif any(isinstance(part, str) for part in parts):
                context.found("skops.malformed", "A node of the tree does not say what it is.")
    return found


def _judge(node: Node, members: Mapping[str, Source]) -> Remark | None:
    use = LOADERS.get(node.loader)
    name = f"{node.module}.{node.name}"
    if use is None:
        return Remark(
            "skops.unusual-node", f"The model holds a {node.loader}, which reaches into objects or is unknown."
        )
    if use is not UNUSED and (remark := _judge_name(node, use, name)):
        return remark
    if "file" in node.fields and node.fields["file"] not in members:
        return Remark("skops.malformed", "The tree refers to a member that is not in the archive.")
    if node.loader == "RandomGeneratorNode" and not _has_known_generator(node):
        return Remark("skops.forbidden-name", "Loading the model would call something else than a bit generator.")
    if node.loader == "OperatorFuncNode" and node.name != "itemgetter":
        return Remark("skops.unusual-node", f"The model reaches into objects with operator.{node.name}.")
    if node.loader == "DictNode":
        return _judge_keys(node)
    content = node.fields.get("content")
    if node.loader == "FunctionNode" and isinstance(content, dict):
        # The first protocol kept the function's name here.
        module, function = str(content.get("module_path")), str(content.get("function"))
        return _judge_name(Node("", module, function, {}), NAMED, f"{module}.{function}")
    return None


def _judge_name(node: Node, use: str, name: str) -> Remark | None:
    found = standing(node.module, node.name)
    root = node.module.partition(".")[0]
    is_container = node.loader in CONTAINERS and root in CONTAINER_LIBRARIES
    allowed = {
        # What is called gets whatever stands in the tree, so the list alone is not enough.
        CALLED: (found is Standing.CALL and root in CALLED_LIBRARIES) or (found is Standing.CLASS and is_container),
        MADE: found in (Standing.CALL, Standing.CLASS),
        NAMED: found in LISTED and (node.module, node.name) not in NEVER_A_VALUE,
    }
    if allowed[use]:
        return None
    if found in LISTED or (found is Standing.UNKNOWN_CLASS and use is CALLED):
        return Remark(
            "skops.unusual-node", f"Loading the model would use {name} in a way that the list does not allow."
        )
    if found is Standing.UNKNOWN_CLASS or (found is Standing.UNKNOWN_FUNCTION and use is NAMED):
        return Remark("skops.unknown-name", f"The model holds {name}, which is not on the allow list.", name)
    return Remark(
        "skops.forbidden-name", f"Loading the model would look up or call {name}, which no model needs.", name
    )


def _judge_keys(node: Node) -> Remark | None:
    """The types of a dictionary's keys are called with the keys."""
    types = node.fields.get("key_types")
    listed = types.get("content") if isinstance(types, dict) else None
    for entry in listed if isinstance(listed, list) else [None]:
        module, name = (entry.get("__module__"), entry.get("__class__")) if isinstance(entry, dict) else (None, None)
        if not (module == "builtins" and name in PLAIN_KEYS) and module != "numpy":
            return Remark("skops.unusual-node", "The keys of a dictionary have an unusual type.")
    return None


def _has_known_generator(node: Node) -> bool:
    try:
        content = node.fields["content"]
        state = content["bit_generator"]["content"]["bit_generator"]["content"]  # type: ignore[index]
        return json.loads(state) in BIT_GENERATORS
    except (KeyError, TypeError, ValueError, IndexError):
        return False
