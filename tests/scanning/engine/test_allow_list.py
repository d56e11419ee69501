"""The allow list: what is on it, what a registry may add to it, and that an added name never hides anything else."""

import sys

import pytest

from scanning.engine import allow_list, lists, readers
from scanning.engine.allow_list import DANGEROUS_WORDS, NEVER_A_VALUE, Standing, may_be_added, standing
from scanning.engine.context import Context
from scanning.engine.findings import Finding, Severity
from scanning.engine.listed_names import STANDARD
from scanning.engine.sources import BytesSource
from tests.scanning.engine.opcodes import name, protocol, state_of

EXTENDABLE = ("pickle.unknown-global", "skops.unknown-name")


def findings(data: bytes) -> list[Finding]:
    context = Context("file", readers.read)
    readers.read(BytesSource(data), context)
    return context.findings


def left_when_allowed(data: bytes, allowed: str) -> set[Severity]:
    """How heavy what remains is, when a registry has added exactly this name."""
    kept = [item for item in findings(data) if not (item.rule in EXTENDABLE and item.subject == allowed)]
    return {item.severity for item in kept}


def test_the_listing_is_the_list() -> None:
    rows = list(allow_list.listing())
    assert len(rows) == len(allow_list.names()) == len({row[:2] for row in rows})
    assert ("torch.nn.modules.linear", "Linear", Standing.CLASS.value) in rows
    assert ("torch._utils", "_rebuild_tensor_v2", Standing.CALL.value) in rows
    assert rows == sorted(rows)


def test_only_names_that_were_chosen_by_hand_come_from_python_itself() -> None:
    chosen = {(module, word) for uses in STANDARD.values() for module, words in uses.items() for word in words.split()}
    from_python = {found for found in allow_list.names() if found[0].partition(".")[0] in sys.stdlib_module_names}
    assert {found for found in from_python - chosen if found[0] != "builtins"} == set()


def test_nothing_on_the_list_says_that_it_opens_or_runs() -> None:
    functions = {found for found in allow_list.names() if not allow_list.looks_like_a_class(found[1])}
    # This one compiles a regular expression.
    assert {found for found in functions if found[1].lstrip("_") in DANGEROUS_WORDS} == {("re", "_compile")}


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("numpy", "load"),
        ("numpy", "vectorize"),
        ("joblib", "load"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("pandas", "eval"),
        ("pandas", "read_pickle"),
        ("sklearn.metrics._dist_metrics", "PyFuncDistance64"),
        ("scipy.stats._continuous_distns", "norm_gen"),
        ("statsmodels.regression.linear_model", "OLS"),
        ("torch.nn.modules._functions", "SyncBatchNorm"),
        ("xgboost.core", "DMatrix"),
        ("catboost.core", "Pool"),
    ],
)
def test_what_breaks_the_rule_is_not_listed(module: str, function: str) -> None:
    assert standing(module, function) not in allow_list.LISTED


def test_boosters_are_never_constructed_nor_handed_on() -> None:
    for module, word in NEVER_A_VALUE:
        assert standing(module, word) is Standing.CLASS
        called = protocol(2, name(module, word) + b"(NN" + b"X\x01\0\0\0xtR")
        kept = protocol(2, b"]" + name(module, word) + b"a")
        assert {item.rule for item in findings(called)} >= {"pickle.unusual-call"}
        assert {item.rule for item in findings(kept)} == {"pickle.unusual-state"}


def test_the_versions_that_were_seen_are_written_down() -> None:
    document = lists.load("allow_list")
    libraries = {library for seen in document["seen"] for library in seen}
    assert libraries >= {"scikit-learn", "numpy", "torch", "catboost", "xgboost", "lightgbm", "pandas"}
    assert {seen["lightgbm"].partition(".")[0] for seen in document["seen"] if "lightgbm" in seen} == {"3", "4"}
    assert document["version"] in allow_list.version()


@pytest.mark.parametrize(
    ("module", "word", "part_of_the_answer"),
    [
        ("sklearn.pipeline", "Pipeline", "already"),
        ("os", "system", "part of Python"),
        ("theirs", "__reduce__", "part of Python"),
        ("builtins", "getattr", "reaches anything"),
        ("cloudpickle.cloudpickle", "_make_function", "builds code"),
        ("joblib.numpy_pickle_compat", "NDArrayWrapper", "opens other files"),
        ("__main__", "Model", "another class wherever"),
        ("theirs.io", "load", "opens files or runs"),
        ("theirs", "Model.method", "not the name of one class"),
        ("theirs models", "Model", "not the name of one class"),
        ("", "Model", "not the name of one class"),
        ("pip", "Main", "part of Python"),
        ("theirs", "Popen", "part of Python"),
    ],
)
def test_what_may_not_be_added_is_refused_with_a_reason(module: str, word: str, part_of_the_answer: str) -> None:
    answer = may_be_added(module, word)
    assert answer is not None and part_of_the_answer in answer and answer.endswith(".")


def test_a_class_of_another_library_may_be_added() -> None:
    assert may_be_added("statsmodels.regression.linear_model", "OLS") is None
    assert may_be_added("theirs.steps", "clip_values") is None


def test_an_added_class_makes_its_objects_clean_and_nothing_more() -> None:
    model = name("theirs.models", "Model")
    objects = protocol(2, model + b")\x81" + state_of({"a": b"K\x01"}) + b"b")
    assert left_when_allowed(objects, "theirs.models.Model") == set()
    assert left_when_allowed(objects, "theirs.models.Mode") == {Severity.NEEDS_REVIEW}
    for data in (
        protocol(2, model + b"K\x01\x85R"),
        protocol(2, model + b"K\x01\x85\x81"),
        protocol(2, b"(" + model + b"o"),
        protocol(2, b"(itheirs.models\nModel\n"),
        protocol(2, name("collections", "defaultdict") + model + b"\x85R"),
        protocol(2, name("builtins", "list") + model + b")\x81\x85R"),
    ):
        assert left_when_allowed(data, "theirs.models.Model") == {Severity.NEEDS_REVIEW}
    changed = protocol(2, model + b"}b")
    assert Severity.UNSAFE in left_when_allowed(changed, "theirs.models.Model")


def test_an_added_function_is_still_never_called() -> None:
    function = name("theirs", "function")
    assert left_when_allowed(protocol(2, function), "theirs.function") == set()
    for data in (
        protocol(2, function + b")R"),
        protocol(2, b"(itheirs\nfunction\n"),
        protocol(2, b"(" + function + b"o"),
    ):
        assert left_when_allowed(data, "theirs.function") == {Severity.UNSAFE}
    assert left_when_allowed(protocol(2, function + b")\x81"), "theirs.function") == {Severity.NEEDS_REVIEW}
    torch = protocol(2, name("torch._tensor", "_rebuild_from_type_v2") + b"(" + function + b"NNNtR")
    assert Severity.UNSAFE in left_when_allowed(torch, "theirs.function")
    random = protocol(2, name("numpy.random._pickle", "__generator_ctor") + b"N" + function + b"\x86R")
    assert Severity.UNSAFE in left_when_allowed(random, "theirs.function")
