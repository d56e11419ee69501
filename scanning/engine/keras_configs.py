"""Keras' configurations: which classes and functions loading a model would look up, by module and name.

They are JSON, in config.json of a .keras archive, in attributes of an HDF5 file, in the metadata of a saved model.
Format: keras/src/saving/serialization_lib.py, and keras/src/legacy/saving for configurations without modules.
"""

import builtins
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache

from scanning.engine import lists
from scanning.engine.allow_list import Standing, looks_like_a_class, standing
from scanning.engine.context import Context
from scanning.engine.sources import Source

LIST = "keras_list"
LARGEST_CONFIG = 64 << 20
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
ATTRIBUTES = frozenset({"model_config", "training_config"})

# Values that Keras writes down itself, without a class.
PLAIN = frozenset({
    "__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__", "__tuple__",
    "CompositeTensor", "TensorShape", "TypeSpec",
})  # fmt: skip
HOLD_CODE = frozenset({"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper", "__lambda__"})
# Layers of tf.keras that call a function of TensorFlow by its name, an operator, or a method.
CALLS_FUNCTION, CALLS_OPERATOR = frozenset({"TFOpLambda", "SlicingOpLambda"}), "TensorFlowOpLayer"
CALLS = CALLS_FUNCTION | {CALLS_OPERATOR, "ClassMethod", "InstanceMethod", "InstanceProperty"}
OPERATOR = re.compile(r"\bop\\?\"?\s*:\s*\\?\"(\w+)\\?\"")
REACHES_OUT = re.compile(
    r"(^|\.)(io|raw_ops|py_func\w*|numpy_function|saved_model|data|load\w*|sysconfig|train|summary|function|lookup|queue"
    r"|config|autograph|__internal__|utils|distribute|experimental|print|profiler|test|estimator|dynamic|debugging)(\.|$)"
)
# Under these keys a text is the name of a file or an address, which is read while the layer is made.
FILE_KEYS = frozenset({"vocabulary", "idf_weights"})
# Other spellings of the package.
SPELLINGS = (
    "keras._tf_keras.keras", "keras.api._v2.keras", "keras.api", "tensorflow.keras", "tensorflow.python.keras",
    "tf_keras.api._v2.keras", "tf_keras",
)  # fmt: skip
SISTERS = frozenset({"keras_cv", "keras_hub", "keras_nlp"})
SPECS = frozenset({"IndexedSlicesSpec", "RaggedTensorSpec", "SparseTensorSpec", "TensorSpec"})

UNKNOWN_CLASS = (Standing.UNKNOWN_CLASS,)
UNKNOWN = (Standing.UNKNOWN_CLASS, Standing.UNKNOWN_FUNCTION)

Remark = tuple[str, str]


def looks_like_config(document: object) -> bool:
    """Whether a JSON document describes a model, a layer or the like."""
    return isinstance(document, dict) and isinstance(document.get("class_name"), str) and "config" in document


def is_keras(members: Mapping[str, Source]) -> bool:
    """Whether the members of an archive are those of Keras' own format."""
    return CONFIG in members and (METADATA in members or WEIGHTS in members)


def read_archive(members: Mapping[str, Source], context: Context) -> None:
    """Judge the configuration. The weights and assets are judged as what they are."""
    source = members[CONFIG]
    inside = context.inside(CONFIG)
    if source.size > LARGEST_CONFIG:
        inside.found("keras.malformed", "The configuration of the model is larger than the gate reads.")
    else:
        read_config(source.exactly(0, source.size), inside)


def read_config(raw: bytes | str, context: Context) -> None:
    """Judge one configuration, as the loader would read it."""
    repeated: list[str] = []

    def pairs(entries: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(entries)
        if len(made) != len(entries):
            # Readers disagree about which one counts, so the earlier ones are judged as well.
            repeated.append("x")
            made["earlier entries"] = [entry for _, entry in entries]
        return made

    try:
        document = json.loads(raw, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        context.found("keras.malformed", "The configuration of the model is not valid JSON.")
        return
    if repeated:
        context.found("keras.malformed", "The configuration of the model names something twice.")
    judge(document, context)


def judge(document: object, context: Context) -> None:
    """Judge every object that a parsed configuration describes, wherever it hangs."""
    said: set[tuple[str, str]] = set()
    for entry in _objects(document):
        for rule, message, subject in _remarks(entry):
            if (rule, message) not in said:
                said.add((rule, message))
                context.found(rule, message, subject=subject)


def _objects(document: object) -> Iterator[dict[str, object]]:
    open_values = [document]
    while open_values:
        value = open_values.pop()
        if isinstance(value, list):
            open_values.extend(value)
        elif isinstance(value, dict):
            open_values.extend(value.values())
            yield value


@cache
def _listed(use: str) -> frozenset[tuple[str, str]]:
    modules = lists.load(LIST)["modules"]
    return frozenset((module, name) for module, uses in modules.items() for name in uses.get(use, ()))


@cache
def _modules() -> frozenset[str]:
    return frozenset(lists.load(LIST)["modules"])


@cache
def _names(which: str) -> frozenset[str]:
    return frozenset(lists.load(LIST)[which])


@cache
def _function_names() -> frozenset[str]:
    return frozenset(name for _, name in _listed("functions") | _listed("classes"))


def _remarks(entry: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    for key in FILE_KEYS & entry.keys():
        if isinstance(entry[key], str) and entry[key]:
            yield "keras.path", f"Loading the model reads the file or address {entry[key]!r}.", str(entry[key])
    name = entry.get("class_name")
    if name is None:
        return
    if not isinstance(name, str):
        yield "keras.malformed", "The class of an object is not a name.", ""
        return
    module = entry.get("module")
    config = entry.get("config")
    if name == "function":
        function = config if isinstance(config, str) else ""
        found = _judge_function(module, function, entry)
        subject = f"{module}.{function}"
    elif name == "__typespec__":
        found = _judge_spec(module, entry.get("spec_name"))
        subject = f"{module}.{entry.get('spec_name')}"
    elif name in CALLS:
        found = _judge_call(name, config if isinstance(config, dict) else {})
        subject = f"{name} {_called(config)}"
    else:
        found = _judge_class(module, name, entry)
        subject = f"{module}.{name}" if module else name
    if found is not None:
        yield *found, subject


def _judge_class(module: object, name: str, entry: dict[str, object]) -> Remark | None:
    if name in HOLD_CODE:
        return "keras.code", f"The model holds a {name}, which runs code or reads files that come with it."
    if module is None:
        if name in PLAIN or name in _names("old"):
            return None
        return "keras.unknown-object", f"The model holds a {name}, which is not a class of Keras."
    if not isinstance(module, str):
        return "keras.malformed", "The module of a class is not a name."
    if name in PLAIN and module == "builtins":
        return None
    plain = _plain(module)
    if (plain, name) in _listed("classes"):
        return None
    return _judge_other(plain, module, name, entry, is_class=True)


def _judge_function(module: object, name: str, entry: dict[str, object]) -> Remark | None:
    if not isinstance(module, str | None) or not name:
        return "keras.malformed", "A function is not named as the format demands."
    plain = _plain(module or "builtins")
    if (plain, name) in _listed("functions") or (plain, name) in _listed("classes"):
        return None
    if plain == "builtins":
        if name in _function_names():
            return None
        if hasattr(builtins, name) or "." in name or name.startswith("_"):
            return (
                "keras.forbidden-object",
                f"Loading the model would look up the function {name}, which no model needs.",
            )
        return "keras.unknown-object", f"The model uses the function {name}, which is not one of Keras."
    return _judge_other(plain, module or "builtins", name, entry, is_class=False)


def _judge_other(plain: str, module: str, name: str, entry: dict[str, object], *, is_class: bool) -> Remark:
    """What is not on the list: classes that somebody registered need a look, everything else is refused."""
    root = plain.partition(".")[0]
    registered = entry.get("registered_name")
    is_registered = isinstance(registered, str) and ">" in registered
    unknown = "keras.unknown-object", f"The model holds {module}.{name}, which is not on the list."
    if root == "keras":
        is_known_place = plain in _modules() or plain.startswith("keras.src.layers.")
        if is_class and is_known_place and looks_like_a_class(name) and "." not in name:
            return unknown
    elif root in SISTERS:
        if is_class and looks_like_a_class(name) and "." not in name:
            return unknown
    elif is_registered and standing(module, name) in (UNKNOWN_CLASS if is_class else UNKNOWN):
        return unknown
    return (
        "keras.forbidden-object",
        f"Loading the model would import {module} and use its {name}, which no model needs.",
    )


def _judge_spec(module: object, name: object) -> Remark | None:
    if isinstance(module, str) and module.startswith("tensorflow.python.") and name in SPECS:
        return None
    return (
        "keras.forbidden-object",
        f"Loading the model would import {module} and use its {name}, which no model needs.",
    )


def _called(config: object) -> str:
    """What a layer calls by its name, as far as it says so."""
    described = config if isinstance(config, dict) else {}
    operators = OPERATOR.findall(json.dumps(described.get("node_def")))
    return str(described.get("function") or described.get("method_name") or " ".join(operators[:1]))


def _judge_call(name: str, described: Mapping[str, object]) -> Remark | None:
    if name == CALLS_OPERATOR:
        operators = OPERATOR.findall(json.dumps(described.get("node_def")))
        listed = lists.load("tensorflow_list")["operators"]
        if operators and all(operator in listed["allowed"] for operator in operators):
            return None
        if any(operator in listed["unsafe"] for operator in operators):
            return (
                "keras.forbidden-object",
                f"The model runs the operator {operators[0]}, which touches files or runs code.",
            )
        return "keras.unknown-object", "The model runs an operator that is not on the list."
    function = described.get("function")
    if name in CALLS_FUNCTION and isinstance(function, str):
        if function in _names("tensorflow_functions"):
            return None
        if REACHES_OUT.search(function):
            return "keras.forbidden-object", f"The model calls TensorFlow's {function}, which reaches out of the graph."
        return "keras.unknown-object", f"The model calls TensorFlow's {function}, which is not on the list."
    return "keras.unknown-object", f"The model holds a {name}, which calls something by its name."


def _plain(module: str) -> str:
    """The module in the spelling of the list."""
    for spelling in SPELLINGS:
        if module == spelling or module.startswith(f"{spelling}."):
            return "keras" + module[len(spelling) :]
    return module
