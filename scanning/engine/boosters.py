"""Models of XGBoost, LightGBM and CatBoost in their own formats: numbers and a few words, and nothing that runs.

Recognised by what is in them and held to their structure; what does not fit is for somebody to look at.
"""

import re
from collections.abc import Callable

from scanning.engine.catboost_models import read_catboost
from scanning.engine.context import Context, Reader
from scanning.engine.json_streams import JsonStream
from scanning.engine.lightgbm_models import read_lightgbm
from scanning.engine.shapes import ANY, NUMBER, NUMBERS, TEXT, TEXTS, Misshapen, Shape, Walker
from scanning.engine.sources import Source, Truncated
from scanning.engine.ubjson_streams import UbjsonStream
from scanning.engine.xgboost_binaries import read_binary

HEAD = 4_096
XGBOOST_JSON = re.compile(rb'\s*\{\s*("learner"\s*:\s*\{|"version"\s*:\s*\[[\d,\s]*\]\s*,\s*"learner")')
XGBOOST_UBJSON = re.compile(rb"\{[iUIlL]\x00*[\x07](learner\{|version\[)")
CATBOOST_JSON = re.compile(
    rb'\s*\{\s*("ctr_data"\s*:\s*\{|"features_info"\s*:\s*\{\s*"(float|categorical|ctrs|text|embedding)'
    rb'|"model_info"\s*:\s*\{\s*"(catboost_version_info|class_params|model_guid)")'
)

PARAMETERS: Shape = {"*": TEXT}
TREE_LISTS = (
    "base_weights", "categories", "categories_nodes", "categories_segments", "categories_sizes", "default_left",
    "leaf_weights", "left_children", "loss_changes", "parents", "right_children", "split_conditions", "split_indices",
    "split_type", "sum_hessian",
)  # fmt: skip
# One entry for every node of a tree.
PER_NODE = frozenset(
    {"default_left", "left_children", "loss_changes", "parents", "right_children", "split_indices", "sum_hessian"}
)
TREE: Shape = {"id": NUMBER, "tree_param": PARAMETERS, **dict.fromkeys(TREE_LISTS, NUMBERS)}
MODEL: Shape = {
    "boosted_rounds": NUMBER,
    "cats": {"enc": [{"*": ANY}], "feature_segments": NUMBERS, "sorted_idx": NUMBERS},
    "gbtree_model_param": PARAMETERS,
    "iteration_indptr": NUMBERS,
    "param": PARAMETERS,
    "tree_info": NUMBERS,
    "trees": [TREE],
    "weights": NUMBERS,
}
BOOSTER: Shape = {"name": TEXT, "model": MODEL, "gbtree": {"name": TEXT, "model": MODEL}, "weight_drop": NUMBERS}
XGBOOST: Shape = {
    "learner": {
        "attributes": PARAMETERS,
        "feature_names": TEXTS,
        "feature_types": TEXTS,
        "gradient_booster": BOOSTER,
        "learner_model_param": PARAMETERS,
        "learner_train_param": PARAMETERS,
        "metrics": [{"*": ANY}],
        "objective": {"name": TEXT, "*": PARAMETERS},
    },
    "version": NUMBERS,
}
CATBOOST: Shape = {
    "ctr_data": {"*": ANY},
    "embedding_processing": ANY,
    "features_info": {"*": ANY},
    "model_info": {"*": ANY},
    "oblivious_trees": ANY,
    "scale_and_bias": ANY,
    "text_processing": ANY,
    "trees": ANY,
}


def _read(reader: Reader, source: Source, context: Context) -> None:
    try:
        reader(source, context)
    except Misshapen as problem:
        context.found("booster.malformed", str(problem))
    except Truncated:
        context.found("booster.malformed", "The model ends too early.")
    except RecursionError:
        context.found("booster.malformed", "The model is nested deeper than the gate reads.")


def _begins(pattern: re.Pattern[bytes]) -> Callable[[Source], bool]:
    return lambda source: bool(pattern.match(source.read(0, HEAD)))


def _held_to(make: Callable[[Source], JsonStream | UbjsonStream]) -> Reader:
    """The reader of a document that is streamed through a shape."""

    def read(source: Source, context: Context, /) -> None:
        _read(lambda source, _: make(source).read(), source, context)

    return read


def _reading(reader: Reader) -> Reader:
    def read(source: Source, context: Context, /) -> None:
        _read(reader, source, context)

    return read


# The word for a format, the question whether a file has it or what it begins with, and its reader.
FORMATS: tuple[tuple[str, bytes | Callable[[Source], bool], Reader], ...] = (
    ("xgboost", _begins(XGBOOST_JSON), _held_to(lambda source: JsonStream(source, Walker(XGBOOST, PER_NODE)))),
    ("xgboost", _begins(XGBOOST_UBJSON), _held_to(lambda source: UbjsonStream(source, Walker(XGBOOST, PER_NODE)))),
    ("catboost", _begins(CATBOOST_JSON), _held_to(lambda source: JsonStream(source, Walker(CATBOOST)))),
    ("xgboost", b"binf", _reading(read_binary)),
    ("catboost", b"CBM1", _reading(read_catboost)),
    ("lightgbm", b"tree\nversion=v", _reading(read_lightgbm)),
)
