"""Where the names of files come from that a TensorFlow graph reads and writes.

Every saved model has operators that save and restore it, so they are judged by the names they are given. A name is
followed back from the operator to where it begins: what loads the model may choose it, a constant inside the model's
folder may, the rest of the graph may not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from scanning.engine.paths import leads_outside

MOST_STEPS = 200_000
# Operators that touch files, with their inputs that are names of files.
SINKS = {
    "SaveV2": (0,), "RestoreV2": (0,), "MergeV2Checkpoints": (0, 1), "InitializeTableFromTextFile": (1,),
    "InitializeTableFromTextFileV2": (1,), "Save": (0,), "SaveSlices": (0,), "Restore": (0,), "RestoreSlice": (0,),
}  # fmt: skip
# Operators that hand a name on, with the inputs that it may come from; None for all of them.
HANDING_ON: dict[str, tuple[int, ...] | None] = {
    "Identity": (0,), "IdentityN": None, "StringJoin": None, "ShardedFilename": (0,), "ShardedFilespec": (0,),
    "Pack": None, "ConcatV2": None, "Select": (1, 2), "SelectV2": (1, 2), "PlaceholderWithDefault": (0,),
    "Reshape": (0,), "ExpandDims": (0,), "Squeeze": (0,), "ReadVariableOp": (0,), "Fill": (1,),
}  # fmt: skip
# Operators that call functions, with how many inputs come before the function's own.
CALLS = {
    "StatefulPartitionedCall": 0, "PartitionedCall": 0, "If": 1, "StatelessIf": 1, "Case": 1, "StatelessCase": 1,
    "While": 0, "StatelessWhile": 0,
}  # fmt: skip
ASSET, CONSTANT = 5, 9


def could_be_outside(text: str) -> bool:
    """Whether a name of a file leads out of the folder it is looked for in, or to another machine."""
    return leads_outside(text) or "://" in text


class Remark(NamedTuple):
    rule: str
    message: str
    at: int
    subject: str = ""


class Node(NamedTuple):
    """An operator. `texts` are those of a constant that would be names of files outside of the model."""

    operator: str
    inputs: tuple[str, ...]
    functions: tuple[str, ...]
    texts: tuple[str, ...]
    at: int


@dataclass(slots=True)
class Scope:
    """The nodes of a graph or of a function, by name."""

    name: str = ""
    arguments: list[str] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)


@dataclass(slots=True)
class Graph:
    """One graph with its functions, and what a saved model says of its ends.

    `objects` are kind and constant's name by number, `bound` the objects that a function is always called with.
    """

    root: Scope = field(default_factory=Scope)
    functions: dict[str, Scope] = field(default_factory=dict)
    assets: set[str] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)
    objects: list[tuple[int, str]] = field(default_factory=list)
    bound: dict[str, list[int]] = field(default_factory=dict)


class Paths:
    """Follows the names of files through one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.callers: dict[str, list[tuple[Scope, Node, int]]] = {}
        for scope in (graph.root, *graph.functions.values()):
            for node in scope.nodes.values():
                for name in {*node.functions, node.operator} & graph.functions.keys():
                    skipped = 0 if name == node.operator else CALLS.get(node.operator, -1)
                    self.callers.setdefault(name, []).append((scope, node, skipped))

    def remarks(self) -> Iterator[Remark]:
        """What is wrong with the names of files, or cannot be told."""
        steps = 0
        seen: set[tuple[str, str]] = set()
        waiting = [
            (scope, node.inputs[index], node)
            for scope in (self.graph.root, *self.graph.functions.values())
            for node in scope.nodes.values()
            for index in SINKS.get(node.operator, ())
            if index < len(node.inputs)
        ]
        while waiting:
            scope, name, sink = waiting.pop()
            name = name.partition(":")[0]
            if (scope.name, name) in seen:
                continue
            seen.add((scope.name, name))
            steps += 1
            if steps > MOST_STEPS:
                yield Remark(
                    "tensorflow.unknown-path", "The graph handles more names of files than the gate follows.", 0
                )
                return
            for found in self._back(scope, name, sink):
                if isinstance(found, Remark):
                    yield found
                else:
                    waiting.append((*found, sink))

    def _back(self, scope: Scope, name: str, sink: Node) -> Iterator["Remark | tuple[Scope, str]"]:
        """One step back from a name: where it comes from, or what is wrong with that."""
        node = scope.nodes.get(name)
        if node is None:
            if name in scope.arguments:
                yield from self._argument(scope, scope.arguments.index(name), sink)
            else:
                yield Remark("tensorflow.malformed", f"The graph refers to {name!r}, which is not in it.", sink.at)
        elif node.operator == "Const":
            yield from self._constant(scope, name, node, sink)
        elif node.operator == "Placeholder":
            if scope is self.graph.root and name in self.graph.inputs:
                yield Remark(
                    "tensorflow.path", f"Whoever asks the model chooses the file that {sink.operator} touches.", sink.at
                )
        elif node.operator in ("VarHandleOp", "VariableV2", "Variable"):
            yield from self._variable(scope, name, sink)
        elif node.operator in HANDING_ON:
            chosen = HANDING_ON[node.operator]
            for index, given in enumerate(node.inputs):
                if not given.startswith("^") and (chosen is None or index in chosen):
                    yield scope, given
        else:
            yield Remark(
                "tensorflow.unknown-path",
                f"The operator {sink.operator} touches a file whose name comes from {node.operator}.",
                sink.at,
                node.operator,
            )

    def _constant(self, scope: Scope, name: str, node: Node, sink: Node) -> Iterator[Remark]:
        for text in node.texts:
            if scope is self.graph.root and name in self.graph.assets:
                # What loads the model puts the asset's own path in its place, but only where it asks for it.
                yield Remark("tensorflow.unknown-path", f"An asset of the model was at {text!r}.", node.at, text)
            else:
                yield Remark(
                    "tensorflow.path",
                    f"The operator {sink.operator} touches {text!r}, outside of the model.",
                    sink.at,
                    text,
                )

    def _variable(self, scope: Scope, name: str, sink: Node) -> Iterator["Remark | tuple[Scope, str]"]:
        """A variable that holds a name: whatever is assigned to it in the same graph."""
        given = [
            node.inputs[1]
            for node in scope.nodes.values()
            if node.operator in ("AssignVariableOp", "Assign")
            and len(node.inputs) > 1
            and node.inputs[0].partition(":")[0] == name
        ]
        for value in given:
            yield scope, value
        if not given:
            yield Remark(
                "tensorflow.unknown-path", f"The operator {sink.operator} touches a file named by a variable.", sink.at
            )

    def _argument(self, scope: Scope, index: int, sink: Node) -> Iterator["Remark | tuple[Scope, str]"]:
        """A function's argument: what its callers give, and the objects it is bound to."""
        unknown = Remark(
            "tensorflow.unknown-path", f"The gate cannot tell which file {sink.operator} touches.", sink.at, scope.name
        )
        for caller, node, skipped in self.callers.get(scope.name, ()):
            given = [value for value in node.inputs if not value.startswith("^")]
            if skipped < 0 or index + skipped >= len(given):
                yield unknown
            else:
                yield caller, given[index + skipped]
        bound = self.graph.bound.get(scope.name)
        if bound is None:
            return
        position = index - (len(scope.arguments) - len(bound))
        number = bound[position] if 0 <= position < len(bound) else -1
        kind, constant = self.graph.objects[number] if 0 <= number < len(self.graph.objects) else (0, "")
        if kind == CONSTANT:
            yield self.graph.root, constant
        elif kind != ASSET:
            yield unknown
