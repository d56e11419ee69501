"""TensorFlow's saved models: which operators their graphs have, and which files those would read or write.

Formats: tensorflow/core/protobuf/saved_model.proto and fingerprint.proto, keras' saved_metadata.proto.
"""

from functools import cache

from scanning.engine import keras_configs, lists
from scanning.engine.context import Context
from scanning.engine.graph_paths import Graph, Node, Paths, Scope, could_be_outside
from scanning.engine.protobuf import Field, Malformed, Message, Table, Walker, begins_with, table
from scanning.engine.sources import Slice, Source
from scanning.engine.tensor_bundles import STRING, WIDTHS

LIST = "tensorflow_list"
MODEL, META_GRAPH, FINGERPRINT = "tensorflow.SavedModel", "tensorflow.MetaGraphDef", "tensorflow.FingerprintDef"
GRAPH_DEF, NODE = "tensorflow.GraphDef", "tensorflow.NodeDef"
LARGEST_FINGERPRINT = 4 << 10
LARGEST_METADATA = 32 << 20
META_GRAPHS, GRAPH = 2, 2
# Operators that are harmless with some values of an attribute only.
ATTRIBUTES = {
    "PrintV2": ("output_stream", ("", "stderr", "stdout", "log(info)", "log(warning)", "log(error)")),
    "DecodeProtoV2": ("descriptor_source", ("", "local://")),
    "EncodeProto": ("descriptor_source", ("", "local://")),
    "FixedUnigramCandidateSampler": ("vocab_file", ("",)),
}
# The fields of a tensor that hold elements one by one, with how many of them make an element.
SINGLE_VALUES = {13: 1, 5: 1, 6: 1, 7: 1, 8: 1, 9: 2, 10: 1, 11: 1, 12: 2, 16: 1, 17: 1}
CONTENT, STRINGS, MOST_ELEMENTS = 4, 8, 1 << 50
LONGEST_NAME, MOST_NAMES = 4_096, 16
# Names under which TensorFlow itself registers objects of a saved model.
REGISTERED = frozenset({
    "", "tf.DenseHashTable", "tf.MutableHashTable", "tf.StaticHashTable", "tf.StaticVocabularyTable",
    "tf.TrackableConstant",
})  # fmt: skip

# What Keras of the second release writes beside a saved model; TensorFlow itself no longer knows it.
METADATA: Table = {
    "SavedMetadata": {1: Field(2, True, "SavedObject")},
    "SavedObject": {
        2: Field(0, False, ""), 3: Field(2, False, ""), 4: Field(2, False, ""), 5: Field(2, False, ""),
        6: Field(2, False, "VersionDef"),
    },
    "VersionDef": {1: Field(0, False, ""), 2: Field(0, False, ""), 3: Field(0, True, "")},
}  # fmt: skip
KERAS = "_tf_keras_"


def is_saved_model(source: Source) -> bool:
    """Whether the bytes are a message with a part that holds a graph."""
    known = table(LIST)
    first = _first_part(source, META_GRAPHS)
    return first is not None and begins_with(first, {GRAPH: 2}, known[META_GRAPH])


def is_graph(source: Source) -> bool:
    """Whether the bytes are a message whose first part has the name and the operator of a node."""
    first = _first_part(source, 1)
    return first is not None and begins_with(first, {1: 1, 2: 2}, table(LIST)[NODE])


def is_fingerprint(source: Source) -> bool:
    """Whether the bytes are the checksums that TensorFlow writes beside a saved model, and nothing else."""
    if source.size > LARGEST_FINGERPRINT or source.read(0, 1) != b"\x08":
        return False
    context = Context("", lambda _source, _context: None)
    try:
        walker = Walker(source, table(LIST), context)
        walker.walk(FINGERPRINT, 0, source.size, {})
        message = walker.message(FINGERPRINT, 0, source.size)
    except Malformed:
        return False
    return not context.findings and all(message.has(number) for number in (1, 2, 3, 4))


def is_keras_metadata(source: Source) -> bool:
    """Whether the bytes describe Keras' layers by number and name."""
    first = _first_part(source, 1)
    return first is not None and begins_with(first, {4: len(KERAS), 5: 2}, METADATA["SavedObject"])


def _first_part(source: Source, number: int) -> Source | None:
    """The first part of a message, when that is the field asked for or follows a plain version."""
    walker = Walker(source, {}, Context("", lambda _source, _context: None))
    try:
        key, at = walker.varint(0, source.size)
        if key == 0x08:
            _, at = walker.varint(at, source.size)
            key, at = walker.varint(at, source.size)
        size, at = walker.varint(at, source.size)
    except Malformed:
        return None
    return Slice(source, at, size) if key == (number << 3) | 2 and 2 <= size <= source.size - at else None


def accept_fingerprint(_source: Source, _context: Context) -> None:
    """Numbers and a name: there is nothing in it but what is_fingerprint has seen."""


def read_keras_metadata(source: Source, context: Context) -> None:
    """The description of every layer is a configuration of Keras."""
    walker = Walker(source, METADATA, context, "tensorflow.malformed")

    def judge(saved: Message) -> None:
        for start, end in saved.spans(5):
            _judge_keras(walker, start, end)

    walker.walk("SavedMetadata", 0, source.size, {"SavedObject": judge})


def _judge_keras(walker: Walker, start: int, end: int) -> None:
    if end - start > LARGEST_METADATA:
        raise Malformed("The description of a layer is larger than the gate reads.")
    keras_configs.read_config(walker.source.exactly(start, end - start), walker.context)


def read_saved_model(source: Source, context: Context) -> None:
    """Judge every operator of every graph and function, and where the files lie that they would touch."""
    _read(MODEL, source, context)


def read_graph(source: Source, context: Context) -> None:
    """Judge a graph that was saved without a model around it, as those with frozen variables are."""
    _read(GRAPH_DEF, source, context)


def _read(kind: str, source: Source, context: Context) -> None:
    reader = _Reader(Walker(source, table(LIST), context, "tensorflow.malformed"), context)
    reader.walker.walk(kind, 0, source.size, {
        META_GRAPH: reader.begin_graph,
        GRAPH_DEF: reader.begin_nodes,
        "tensorflow.FunctionDef": reader.begin_function,
        NODE: reader.note_node,
        "tensorflow.TensorProto": reader.judge_tensor,
        "tensorflow.AssetFileDef": reader.note_asset,
        "tensorflow.SignatureDef": reader.note_signature,
        "tensorflow.SavedObject": reader.note_object,
        "tensorflow.SavedObjectGraph.ConcreteFunctionsEntry": reader.note_concrete_function,
        "tensorflow.SavedUserObject": reader.judge_user_object,
        "google.protobuf.Any": reader.judge_any,
        "tensorflow.CollectionDef.BytesList": reader.judge_bytes,
    })  # fmt: skip
    reader.end()


@cache
def _operators(which: str) -> frozenset[str]:
    return frozenset(lists.load(LIST)["operators"][which])


class _Reader:
    def __init__(self, walker: Walker, context: Context) -> None:
        self.walker = walker
        self.context = context
        self.graph = Graph()
        self.scope = self.graph.root
        self.operators: dict[str, int] = {}
        self.functions: set[str] = set()

    def begin_graph(self, _meta_graph: Message) -> None:
        self._end_graph()
        self.graph = Graph()
        self.scope = self.graph.root

    def begin_nodes(self, _graph: Message) -> None:
        self.scope = self.graph.root

    def begin_function(self, function: Message) -> None:
        signature = next(function.parts(1), None)
        if signature is None:
            raise Malformed("A function has no signature.")
        name = signature.text(1)
        self.functions.add(name)
        self.scope = Scope(name, [argument.text(1) for argument in signature.parts(2)])
        self.graph.functions[name] = self.scope

    def note_node(self, message: Message) -> None:
        operator = message.text(2)
        self.operators.setdefault(operator, message.start)
        functions: list[str] = []
        texts: list[str] = []
        for entry in message.parts(5):
            for value in entry.parts(2):
                self._note_attribute(operator, entry.text(1), value)
                called = [*value.parts(10), *(part for listed in value.parts(1) for part in listed.parts(9))]
                functions += [part.text(1) for part in called]
                if operator == "Const":
                    texts += self._const(value)
        node = Node(operator, tuple(message.texts(3)), tuple(functions), tuple(texts), message.start)
        # The root's nodes come before the functions that it has, and functions hold their own.
        self.scope.nodes[message.text(1)] = node

    def _const(self, value: Message) -> list[str]:
        """The texts of a constant that would be names of files outside of the model."""
        found = []
        for tensor in value.parts(8):
            if tensor.number(1) != STRING:
                continue
            if tensor.has(CONTENT):
                self.context.found("tensorflow.unusual", "A constant keeps its texts in an unusual way.", tensor.start)
            for start, end in tensor.spans(STRINGS):
                text = self.walker.source.read(start, min(end - start, LONGEST_NAME)).decode("utf-8", "replace")
                if could_be_outside(text):
                    found.append(text)
        return found[:MOST_NAMES]

    def _note_attribute(self, operator: str, name: str, value: Message) -> None:
        if operator in ATTRIBUTES and ATTRIBUTES[operator][0] == name:
            text = value.text(2)
            if text not in ATTRIBUTES[operator][1] and not text.startswith("bytes://"):
                self.context.found(
                    "tensorflow.path", f"The operator {operator} reads or writes {text!r}.", value.start, subject=text
                )

    def judge_tensor(self, tensor: Message) -> None:
        """The size of a constant agrees with its type and shape, and its bytes are no pickle."""
        kind = tensor.number(1)
        elements = 1
        for shape in tensor.parts(2):
            for dimension in shape.parts(2):
                elements = min(elements * dimension.number(1), MOST_ELEMENTS)
        content = sum(end - start for start, end in tensor.spans(CONTENT))
        if content and kind in WIDTHS and content != elements * WIDTHS[kind]:
            self.context.found("tensorflow.malformed", "A constant has another size than its shape says.", tensor.start)
        singles = sum(
            tensor.count(number) // step for number, step in SINGLE_VALUES.items() if tensor.has(number) and number != 8
        )
        if singles > elements or len(tensor.spans(STRINGS)) > elements or (content and singles):
            self.context.found(
                "tensorflow.malformed", "A constant has more elements than its shape says.", tensor.start
            )
        for number in (CONTENT, STRINGS):
            for start, end in tensor.spans(number):
                if end - start > 16:
                    self.walker.probe(start, end, "constant")

    def note_asset(self, asset: Message) -> None:
        name = asset.text(2)
        if could_be_outside(name):
            self.context.found(
                "tensorflow.path",
                f"The model reads the asset {name!r}, outside of the model.",
                asset.start,
                subject=name,
            )
        self.graph.assets |= {tensor.text(1).partition(":")[0] for tensor in asset.parts(1)}

    def note_signature(self, signature: Message) -> None:
        for entry in signature.parts(1):
            self.graph.inputs |= {tensor.text(1).partition(":")[0] for tensor in entry.parts(2)}

    def note_object(self, saved: Message) -> None:
        kind = next((number for number in (4, 5, 6, 7, 8, 9, 10, 12) if saved.has(number)), 0)
        constant = next((part.text(1) for part in saved.parts(9)), "")
        self.graph.objects.append((kind, constant))
        for name in (saved.text(13), saved.text(16)):
            if name not in REGISTERED:
                self.context.found(
                    "tensorflow.unusual",
                    f"The model holds an object that somebody registered as {name!r}.",
                    saved.start,
                    subject=name,
                )

    def note_concrete_function(self, entry: Message) -> None:
        for function in entry.parts(2):
            self.graph.bound[entry.text(1)] = function.signed(2)

    def judge_user_object(self, saved: Message) -> None:
        if saved.text(1).startswith(KERAS):
            for start, end in saved.spans(3):
                if end > start:
                    _judge_keras(self.walker, start, end)

    def judge_any(self, value: Message) -> None:
        self.context.found(
            "tensorflow.unusual", f"The model holds a message of the kind {value.text(1)!r}.", value.start
        )

    def judge_bytes(self, value: Message) -> None:
        for start, end in value.spans(1):
            self.walker.probe(start, end, "collection")

    def end(self) -> None:
        self._end_graph()
        self.judge_operators()

    def _end_graph(self) -> None:
        for remark in Paths(self.graph).remarks():
            self.context.found(remark.rule, remark.message, remark.at, subject=remark.subject)

    def judge_operators(self) -> None:
        for name, at in self.operators.items():
            if name in _operators("unsafe"):
                self.context.found(
                    "tensorflow.forbidden-operator",
                    f"The operator {name} runs code, or reads or writes files.",
                    at,
                    subject=name,
                )
            elif name not in _operators("allowed") and name not in self.functions:
                self.context.found(
                    "tensorflow.unknown-operator", f"The operator {name} is not on the list.", at, subject=name
                )
