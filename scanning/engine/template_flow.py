"""What the variables of a template can hold, as far as it matters: texts put together, and names with underscores."""

from jinja2 import nodes

from scanning.engine import template_words as words

LARGEST_NUMBER = 100_000
PASSES = 30


class Unsettled(Exception):
    """A template with more than the gate follows."""


def is_inner(name: str) -> bool:
    """Whether a name is one that only the inside of Python has."""
    return name.startswith("_") or "__" in name or name in words.INNER_ATTRIBUTES


class Flow:
    """All nodes of a template, and what is known about its names.

    `computed` are the names that may hold a text the template put together, `inner` those that may hold one with two
    underscores. Unsettled when the template is too large to tell.
    """

    def __init__(self, tree: nodes.Template, most: int) -> None:
        self.nodes: list[nodes.Node] = []
        waiting: list[nodes.Node] = [tree]
        while waiting:
            node = waiting.pop()
            self.nodes.append(node)
            if len(self.nodes) > most:
                raise Unsettled
            waiting.extend(node.iter_child_nodes())
        self.macros = {node.name: node for node in self.nodes if isinstance(node, nodes.Macro)}
        self.assigned = {
            node.name for node in self.nodes if isinstance(node, nodes.Name) and node.ctx in ("store", "param")
        }
        self.inner: set[str] = set()
        self.telling: set[str] = set()
        # Macros whose answer may be a name with underscores.
        self.telling |= {
            name
            for name, macro in self.macros.items()
            if any("__" in data.data for data in macro.find_all(nodes.TemplateData)) or self._tells(macro)
        }
        self.computed = {"varargs", "kwargs"}
        for _ in range(PASSES):
            before = len(self.computed) + len(self.inner)
            for node in self.nodes:
                self._follow(node)
            if len(self.computed) + len(self.inner) == before:
                break
        else:
            raise Unsettled

    def _follow(self, node: nodes.Node) -> None:
        """Carry over what a statement gives to names."""
        match node:
            case nodes.Assign():
                self._give(node.target, node.node)
            case nodes.For():
                self._give(node.target, node.iter)
            case nodes.With():
                for target, value in zip(node.targets, node.values, strict=False):
                    self._give(target, value)
            case nodes.Macro():
                for target, value in zip(node.args[len(node.args) - len(node.defaults) :], node.defaults, strict=True):
                    self._give(target, value)
            case nodes.AssignBlock():
                self._follow_block(node)
            case nodes.CallBlock():
                self.computed |= {name for argument in node.args for name in _names(argument)}
            case nodes.Call():
                self._follow_call(node)

    def _follow_block(self, node: nodes.AssignBlock) -> None:
        """A name that is given a piece of text."""
        names = _names(node.target)
        self.computed |= names
        parts = [part for output in node.body for part in output.iter_child_nodes()]
        if any(
            "_" in part.data if isinstance(part, nodes.TemplateData) else self.names_something_inner(part)
            for part in parts
        ):
            self.inner |= names

    def _follow_call(self, node: nodes.Call) -> None:
        """What a macro is called with is what its arguments may be."""
        macro = self.macros.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        given = [*node.args, *(pair.value for pair in node.kwargs)]
        if macro is not None and any(self.builds_text(value) for value in given):
            self.computed |= {name for argument in macro.args for name in _names(argument)}

    def _tells(self, macro: nodes.Macro) -> bool:
        return any(self.names_something_inner(part) for output in macro.find_all(nodes.Output) for part in output.nodes)

    def _give(self, target: nodes.Node, value: nodes.Node) -> None:
        names = _names(target)
        if self.builds_text(value):
            self.computed |= names
        if self.names_something_inner(value):
            self.inner |= names

    def constant(self, node: nodes.Node) -> object:
        """What a node holds when it is written down, None otherwise. Slices are positions."""
        match node:
            case nodes.Const():
                return node.value
            case nodes.TemplateData():
                return node.data
            case nodes.Slice() | nodes.Neg():
                return 0
        return None

    def is_huge(self, node: nodes.Node) -> bool:
        """Whether a node is a number beyond what conversations count to."""
        value = self.constant(node)
        return isinstance(value, int | float) and value > LARGEST_NUMBER

    def names_something_inner(self, *values: nodes.Node) -> bool:
        """Whether a text with two underscores, or one that could become part of it, is written anywhere in a value."""
        waiting = list(values)
        while waiting:
            node = waiting.pop()
            match node:
                case nodes.Name() if node.name in self.inner | self.telling:
                    return True
                case nodes.Getattr() if (
                    isinstance(node.node, nodes.Name) and f"{node.node.name}.{node.attr}" in self.inner
                ):
                    return True
                case nodes.Const() if isinstance(node.value, str) and _could_become_inner(node.value):
                    return True
                case nodes.Keyword() if is_inner(node.key):
                    return True
            waiting.extend(node.iter_child_nodes())
        return False

    def builds_text(self, node: nodes.Node) -> bool:
        """Whether a value may be a text that the template puts together."""
        match node:
            case nodes.Const() | nodes.Sub() | nodes.Div() | nodes.FloorDiv() | nodes.Pow() | nodes.Compare():
                return False
            case nodes.Neg() | nodes.Pos() | nodes.Not() | nodes.Test() | nodes.Slice():
                return False
            case nodes.Name():
                return node.name in self.computed
            case nodes.NSRef():
                return f"{node.name}.{node.attr}" in self.computed
            case nodes.Getattr() if isinstance(node.node, nodes.Name):
                return f"{node.node.name}.{node.attr}" in self.computed or self.builds_text(node.node)
            case nodes.Add() | nodes.Mul() | nodes.Mod():
                return not (self._is_number(node.left) or self._is_number(node.right)) or self._repeats_text(node)
            case nodes.Filter():
                if node.name in words.NUMBERS:
                    return False
                return node.name not in words.PASSING or (node.node is not None and self.builds_text(node.node))
            case nodes.Call():
                return self._call_builds_text(node)
            case nodes.Getitem():
                return self.builds_text(node.node)
            case nodes.Getattr() | nodes.List() | nodes.Tuple() | nodes.Dict() | nodes.Pair() | nodes.CondExpr():
                return any(self.builds_text(inner) for inner in node.iter_child_nodes())
            case nodes.And() | nodes.Or() | nodes.Keyword() | nodes.Operand():
                return any(self.builds_text(inner) for inner in node.iter_child_nodes())
        return True

    def _repeats_text(self, node: nodes.BinExpr) -> bool:
        """A text times a number is a text, and so is one that formats a number."""
        sides = (node.left, node.right)
        return any(isinstance(self.constant(side), str) for side in sides) or (
            isinstance(node, nodes.Mul) and not all(self._is_number(side) for side in sides)
        )

    def _call_builds_text(self, node: nodes.Call) -> bool:
        if isinstance(node.node, nodes.Name):
            if node.node.name in ("range", "namespace", "dict"):
                return any(self.builds_text(pair) for pair in node.kwargs)
            return True
        if isinstance(node.node, nodes.Getattr):
            return node.node.attr not in words.PLAIN_METHODS or self.builds_text(node.node.node)
        return True

    def _is_number(self, node: nodes.Node) -> bool:
        match node:
            case nodes.Const():
                return isinstance(node.value, int | float)
            case nodes.Filter():
                return node.name in words.NUMBERS
            case nodes.Getattr():
                return isinstance(node.node, nodes.Name) and node.node.name == "loop"
            case nodes.Sub() | nodes.Div() | nodes.FloorDiv() | nodes.Neg():
                return True
            case nodes.Add() | nodes.Mul() | nodes.Mod():
                return self._is_number(node.left) and self._is_number(node.right)
        return False


def _names(target: nodes.Node) -> set[str]:
    """The names that an assignment gives values to; attributes of a namespace with a dot."""
    match target:
        case nodes.Name():
            return {target.name}
        case nodes.NSRef():
            return {f"{target.name}.{target.attr}"}
    return {name for inner in target.iter_child_nodes() for name in _names(inner)}


def _could_become_inner(text: str) -> bool:
    return "__" in text or set(text) == {"_"} or text in words.INNER_ATTRIBUTES
