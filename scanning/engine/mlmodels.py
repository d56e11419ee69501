"""MLflow's MLmodel file: which flavours a model has, what loading it runs, and what it says about itself."""

from collections.abc import Iterator

from scanning.engine.allow_list import Standing, standing
from scanning.engine.context import Context
from scanning.engine.findings import printable
from scanning.engine.paths import leads_outside
from scanning.engine.sources import Source
from scanning.engine.yaml_documents import BadYaml, load

LONGEST_FACT = 16_384
LONGEST_WORD = 200
MOST_FLAVORS = 20

# Loaders of MLflow that read data of their own format and nothing that comes as code with the model.
DATA_LOADERS = frozenset({
    "mlflow.catboost", "mlflow.h2o", "mlflow.keras", "mlflow.lightgbm", "mlflow.onnx", "mlflow.paddle",
    "mlflow.pmdarima", "mlflow.prophet", "mlflow.pytorch", "mlflow.sentence_transformers", "mlflow.shap",
    "mlflow.sklearn", "mlflow.spacy", "mlflow.spark", "mlflow.statsmodels", "mlflow.tensorflow",
    "mlflow.transformers", "mlflow.xgboost",
})  # fmt: skip
PREDICTIONS = frozenset(
    {
        "predict",
        "predict_proba",
        "predict_log_proba",
        "predict_joint_log_proba",
        "score",
        "transform",
        "decision_function",
    }
)
CODE_KEYS = ("code", "code_paths", "model_code_path", "python_model")


def read_mlmodel(source: Source, context: Context) -> dict[str, object]:
    """Judge the file.

    Returns what it says, bounded in size: flavors, python_version, signature, model_size_bytes, mlflow_version.
    """
    try:
        document = load(source)
    except BadYaml as problem:
        context.found(problem.rule, problem.message)
        return {}
    flavors = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(flavors, dict):
        context.found("mlmodel.malformed", "The MLmodel file does not list flavours.")
        return {}
    for flavor_name, flavor in flavors.items():
        if isinstance(flavor, dict):
            _judge_flavor(str(flavor_name), flavor, context)
        else:
            context.found("mlmodel.malformed", f"The flavour {flavor_name!r} is not described as it should be.")
    for text in _texts(document):
        if leads_outside(text) and "\n" not in text and len(text) < 4_096:
            context.found("mlmodel.path", f"The MLmodel file refers to {text!r}, outside of the model.")
    return _facts(document, flavors)


def _judge_flavor(name: str, flavor: dict[object, object], context: Context) -> None:
    for word in CODE_KEYS:
        if flavor.get(word):
            context.found("mlmodel.code", f"Loading the flavour {name} runs code that comes with the model ({word}).")
    loader = flavor.get("loader_module")
    if loader is not None and str(loader) not in DATA_LOADERS:
        root = str(loader).partition(".")[0]
        if root == "mlflow":
            context.found(
                "mlmodel.loader",
                f"Loading the flavour {name} runs Python code that was stored with the model ({loader}).",
            )
        else:
            _judge_foreign_loader(str(loader), context)
    predict = flavor.get("predict_fn")
    if predict is not None and str(predict) not in PREDICTIONS:
        context.found("mlmodel.loader", f"Predictions call the unusual method {predict!r}.")
    for key, entry in flavor.items():
        if isinstance(entry, str) and "://" in entry:
            context.found("mlmodel.address", f"The flavour {name} refers to an address, {key}: {entry}")


def _judge_foreign_loader(loader: str, context: Context) -> None:
    if standing(loader, "load") is Standing.FORBIDDEN:
        context.found(
            "mlmodel.forbidden-loader", f"Loading the model would import {loader}, which is no model library."
        )
    else:
        context.found("mlmodel.loader", f"Loading the model imports {loader}, which is not part of MLflow.")


def _texts(document: object) -> Iterator[str]:
    """Every text in the flavours and every path beside them; free text such as metadata and prompts is left alone.

    `model_code_path` tells where the author's file lay; only its last name is looked for, in the model.
    """
    if not isinstance(document, dict):
        return
    examples = document.get("saved_input_example_info")
    open_values: list[object] = [document.get("flavors"), examples, document.get("artifact_path")]
    while open_values:
        value = open_values.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            open_values.extend(value)
        elif isinstance(value, dict):
            open_values.extend(entry for key, entry in value.items() if key != "model_code_path")


def _facts(document: dict[object, object], flavors: dict[object, object]) -> dict[str, object]:
    facts: dict[str, object] = {}
    versions: dict[str, str] = {}
    for name, flavor in list(flavors.items())[:MOST_FLAVORS]:
        described = flavor if isinstance(flavor, dict) else {}
        if name == "python_function" and described.get("python_version"):
            facts["python_version"] = _word(described["python_version"])
        versions[_word(name)] = _library_version(str(name), described)
    facts["flavors"] = versions
    signature = document.get("signature")
    if isinstance(signature, dict):
        parts = {key: signature.get(key) for key in ("inputs", "outputs", "params")}
        facts["signature"] = {key: value for key, value in parts.items() if _can_be_kept(value)}
    size = document.get("model_size_bytes")
    if type(size) is int and 0 <= size < 1 << 63:
        facts["model_size_bytes"] = size
    if document.get("mlflow_version"):
        facts["mlflow_version"] = _word(document["mlflow_version"])
    return facts


def _library_version(name: str, flavor: dict[object, object]) -> str:
    """The version of the library a flavour was saved with; MLflow names the key after the library."""
    if name == "python_function":
        return ""
    others = (value for key, value in flavor.items() if str(key).endswith("_version"))
    return _word(flavor.get(f"{name}_version") or next(others, ""))


def _can_be_kept(value: object) -> bool:
    """Whether a text is short enough and can be stored as it is."""
    if not isinstance(value, str) or len(value) > LONGEST_FACT or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _word(value: object) -> str:
    return printable(str(value), LONGEST_WORD)
