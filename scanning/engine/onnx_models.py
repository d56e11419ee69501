"""ONNX models: which operators their graphs have, where their tensors lie, and that nothing else is in the file.

Format: onnx.proto (the messages are in onnx_list.json).
"""

from functools import cache

from scanning.engine import lists
from scanning.engine.context import Context
from scanning.engine.folders import beside
from scanning.engine.paths import leads_outside
from scanning.engine.protobuf import Message, Walker, begins_with, table
from scanning.engine.sources import Slice, Source

LIST = "onnx_list"
MODEL = "onnx.ModelProto"
IR_VERSION, GRAPH, OPSETS = 1, 7, 8
# Call into Python, run programs that were compiled elsewhere, or load libraries.
UNSAFE_NAMES = frozenset({"PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad", "EPContext", "ExternOp", "CustomOp"})
UNSAFE_STARTS = ("PyOp_", "PyCustomOp_")
# Bits of an element by its type, and the field that holds such elements when they are not raw.
BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}  # fmt: skip
STRING = 8
FLOAT_DATA, INT32_DATA, STRING_DATA, INT64_DATA, DOUBLE_DATA, UINT64_DATA = 4, 5, 6, 7, 10, 11
FIELDS = {1: FLOAT_DATA, 14: FLOAT_DATA, 7: INT64_DATA, 11: DOUBLE_DATA, 15: DOUBLE_DATA, 12: UINT64_DATA}
FIELDS |= {13: UINT64_DATA, STRING: STRING_DATA}
RAW, DIMS, TYPE, NAME, EXTERNAL, LOCATION = 9, 1, 2, 8, 13, 14
EXTERNAL_KEYS = frozenset({"location", "offset", "length", "checksum", "basepath"})
MOST_ELEMENTS = 1 << 50


def is_onnx(source: Source) -> bool:
    """Whether the bytes are a model with a version or with operator sets, and a graph."""
    known = table(LIST)
    for wanted in ({IR_VERSION: 0, GRAPH: 2}, {GRAPH: 2, OPSETS: 0}):
        if begins_with(source, wanted, known[MODEL]):
            graph = _first_part(source, GRAPH)
            return any(begins_with(graph, {number: 0}, known["onnx.GraphProto"]) for number in (1, 2, 11, 12))
    return False


def _first_part(source: Source, number: int) -> Source:
    """The first part of this field among the fields of a message that begins well."""
    walker = Walker(source, {}, Context("", lambda _source, _context: None))
    at = 0
    while at < source.size:
        key, at = walker.varint(at, source.size)
        size = {1: 8, 5: 4}.get(key & 7, 0)
        if not size:
            size, at = walker.varint(at, source.size)
        if key == (number << 3) | 2:
            return Slice(source, at, size)
        at += size if key & 7 else 0
    return Slice(source, 0, 0)


def read_onnx(source: Source, context: Context) -> None:
    """Judge every operator and every tensor, in subgraphs and functions as well."""
    reader = _Reader(Walker(source, table(LIST), context, "onnx.malformed"), context)
    reader.walker.walk(MODEL, 0, source.size, {
        "onnx.NodeProto": reader.note_node,
        "onnx.FunctionProto": reader.note_function,
        "onnx.TensorProto": reader.judge_tensor,
        "onnx.SparseTensorProto": reader.judge_sparse,
    })  # fmt: skip
    reader.judge_operators()


@cache
def _operators() -> frozenset[tuple[str, str]]:
    listed = lists.load(LIST)["operators"]
    both = {(domain, name) for domain, names in listed.items() for name in names}
    # The standard's own domain has two spellings.
    return frozenset(both | {("ai.onnx", name) for domain, name in both if not domain})


class _Reader:
    def __init__(self, walker: Walker, context: Context) -> None:
        self.walker = walker
        self.context = context
        self.operators: dict[tuple[str, str], int] = {}
        self.functions: set[tuple[str, str]] = set()

    def note_node(self, node: Message) -> None:
        self.operators.setdefault((node.text(7), node.text(4)), node.start)

    def note_function(self, function: Message) -> None:
        self.functions.add((function.text(10), function.text(1)))

    def judge_operators(self) -> None:
        for (domain, name), at in self.operators.items():
            full = f"{domain}.{name}" if domain else name
            if name in UNSAFE_NAMES or name.startswith(UNSAFE_STARTS):
                self.context.found(
                    "onnx.forbidden-operator",
                    f"The operator {full} runs code that no graph describes.",
                    at,
                    subject=full,
                )
            elif (domain, name) not in _operators() and (domain, name) not in self.functions:
                self.context.found(
                    "onnx.unknown-operator", f"The operator {full} is not on the list.", at, subject=full
                )

    def judge_sparse(self, tensor: Message) -> None:
        if not tensor.has(1) or not tensor.has(2):
            self.context.found("onnx.malformed", "A sparse tensor has no values or no indices.", tensor.start)

    def judge_tensor(self, tensor: Message) -> None:
        """Its size agrees with its type and shape, and its bytes are nothing that an unpickler would act upon."""
        problem = self._external(tensor) if tensor.number(LOCATION) else self._problem(tensor)
        if problem:
            self.context.found("onnx.malformed", f"The tensor {tensor.text(NAME)!r} {problem}.", tensor.start)
        for start, end in tensor.spans(RAW):
            self.walker.probe(start, end, tensor.text(NAME))
        for start, end in tensor.spans(STRING_DATA):
            if end - start > 16:
                self.walker.probe(start, end, tensor.text(NAME))

    def _problem(self, tensor: Message) -> str | None:
        kind, elements = tensor.number(TYPE), _elements(tensor)
        if elements is None or (kind != STRING and kind not in BITS):
            return "has an unknown type or shape"
        if tensor.has(EXTERNAL):
            return "says where its data is, but not that it is there"
        present = [number for number in (RAW, *range(4, 8), DOUBLE_DATA, UINT64_DATA) if tensor.has(number)]
        if not present and not elements:
            return None
        if present == [RAW] and kind != STRING:
            size = sum(end - start for start, end in tensor.spans(RAW))
            return None if size == -(-elements * BITS[kind] // 8) else "has another size than its shape says"
        expected = FIELDS.get(kind, INT32_DATA)
        if present != [expected]:
            return "keeps its elements in an unusual way"
        count = len(tensor.spans(expected)) if kind == STRING else tensor.count(expected)
        if kind in (14, 15):
            count //= 2
        packed = -(-elements * BITS[kind] // 8) if BITS.get(kind, 8) < 8 else elements
        return None if count in (elements, packed) else "has another number of elements than its shape says"

    def _external(self, tensor: Message) -> str | None:
        """Note which bytes of which other file the tensor is; the reason why not, if so."""
        entries = {entry.text(1): entry.text(2) for entry in tensor.parts(EXTERNAL)}
        location = entries.get("location", "")
        if leads_outside(location) or "://" in location or location.startswith("*") or entries.get("basepath"):
            self.context.found(
                "onnx.external-path",
                f"The tensor {tensor.text(NAME)!r} is read from {location!r}, outside of the model.",
                tensor.start,
                subject=location,
            )
            return None
        kind, elements = tensor.number(TYPE), _elements(tensor)
        path = beside(self.context.name, location)
        size = self.context.folder.sizes.get(path)
        if size is None:
            self.context.found(
                "onnx.missing-data", f"The file {location!r} with tensors of the model is not there.", subject=location
            )
            return None
        if elements is None or kind not in BITS or not EXTERNAL_KEYS.issuperset(entries):
            return "is not described as the format demands"
        wanted = -(-elements * BITS[kind] // 8)
        try:
            offset = int(entries.get("offset") or "0")
            length = int(entries.get("length") or size - offset)
        except ValueError:
            return "is not described as the format demands"
        if length != wanted or offset < 0 or offset + length > size:
            return "lies outside of the file that holds it, or has another size than its shape says"
        if any(tensor.has(number) for number in (RAW, *range(4, 8), DOUBLE_DATA, UINT64_DATA)):
            return "is kept twice"
        self.context.folder.describe(path, offset, offset + length)
        return None


def _elements(tensor: Message) -> int | None:
    """The number of elements of a tensor's shape, or None when that is senseless."""
    count = 1
    for length in tensor.signed(DIMS):
        if length < 0:
            return None
        count *= length
        if count > MOST_ELEMENTS:
            return None
    return count
