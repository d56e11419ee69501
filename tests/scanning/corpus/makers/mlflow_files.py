"""MLflow folders of many flavours, in the formats that the client offers for each."""

import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.scanning.corpus import makers

REQUIREMENTS = ["mlflow==3.17.2", "cloudpickle==3.1.3"]


def make(folder: Path) -> None:
    """One folder for every flavour and format."""
    os.environ.update(KERAS_BACKEND="torch", MLFLOW_TRACKING_URI="sqlite:///m.db", MLFLOW_DISABLE_TELEMETRY="true")
    numpy, pandas = import_module("numpy"), import_module("pandas")
    random = numpy.random.default_rng(7)
    table = pandas.DataFrame(random.normal(size=(40, 3)), columns=["age", "income", "height"])
    classes = (table["age"] > 0).astype("int64")
    _sklearn(folder, table, classes)
    _boosters(folder, table, classes)
    _networks(folder, table)
    _statsmodels(folder, table, classes)
    _transformers(folder)
    _own_code(folder)


def save(flavour: str, model: Any, path: Path, requirement: str, example: Any = None, **options: Any) -> None:
    """Through the client, with pinned requirements so that it looks nothing up."""
    if example is not None:
        options["input_example"] = example.head(2)
    client = import_module(f"mlflow.{flavour}")
    client.save_model(model, str(path), pip_requirements=[*REQUIREMENTS, requirement], **options)


def _sklearn(folder: Path, table: Any, classes: Any) -> None:
    ensemble, linear = import_module("sklearn.ensemble"), import_module("sklearn.linear_model")
    scaling, pipeline = import_module("sklearn.preprocessing"), import_module("sklearn.pipeline")
    models = {
        "logistic": pipeline.make_pipeline(scaling.StandardScaler(), linear.LogisticRegression()),
        "forest": ensemble.RandomForestClassifier(n_estimators=2, max_depth=2, random_state=1),
        "boosting": ensemble.GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=1),
    }
    trusted = ["sklearn.tree._tree.Tree"]
    for name, model in models.items():
        model.fit(table, classes)
        for kind in ("skops", "cloudpickle", "pickle"):
            options = {"skops_trusted_types": trusted} if kind == "skops" else {}
            example = table if kind == "skops" else None
            save(
                "sklearn", model, folder / f"sklearn-{name}-{kind}", "scikit-learn==1.9.1", example,
                serialization_format=kind, **options,
            )  # fmt: skip


def _boosters(folder: Path, table: Any, classes: Any) -> None:
    xgboost, lightgbm, catboost = (import_module(name) for name in ("xgboost", "lightgbm", "catboost"))
    small = {"n_estimators": 2, "max_depth": 2, "n_jobs": 1}
    classifier = xgboost.XGBClassifier(**small).fit(table, classes)
    for kind in ("json", "ubj"):
        save("xgboost", classifier, folder / f"xgboost-{kind}", "xgboost==3.2.0", table, model_format=kind)
    save("xgboost", classifier.get_booster(), folder / "xgboost-booster", "xgboost==3.2.0")
    light = lightgbm.LGBMClassifier(**small, verbose=-1).fit(table, classes)
    save("lightgbm", light.booster_, folder / "lightgbm-booster", "lightgbm==4.7.0", table)
    save("lightgbm", light, folder / "lightgbm-classifier", "lightgbm==4.7.0")
    cat = catboost.CatBoostClassifier(iterations=2, depth=2, verbose=False, allow_writing_files=False)
    save("catboost", cat.fit(table, classes), folder / "catboost", "catboost==1.2.10", table)


def _networks(folder: Path, table: Any) -> None:
    torch, keras, onnx = (import_module(name) for name in ("torch", "keras", "onnx"))
    torch.manual_seed(7)
    layers = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    save("pytorch", layers, folder / "pytorch", "torch==2.13.0", serialization_format="pickle")
    stack = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    save("keras", stack, folder / "keras", "keras==3.15.1")
    made = import_module("skl2onnx").to_onnx(
        import_module("sklearn.linear_model").LinearRegression().fit(table.to_numpy(), table["age"]),
        table.to_numpy()[:1].astype("float32"),
    )
    # The client asks for it even where there are no options of a session to look up in it.
    sys.modules.setdefault("onnxruntime", ModuleType("onnxruntime"))
    save(
        "onnx",
        onnx.load_from_string(made.SerializeToString()),
        folder / "onnx",
        "onnx==1.23.2",
        save_as_external_data=False,
    )


def _statsmodels(folder: Path, table: Any, classes: Any) -> None:
    api = import_module("statsmodels.api")
    fitted = api.OLS(table["age"], api.add_constant(table[["income"]])).fit()
    save("statsmodels", fitted, folder / "statsmodels-lines", "statsmodels==0.15.0", remove_data=True)


def _transformers(folder: Path) -> None:
    hub = import_module("tests.scanning.corpus.makers.hub_files")
    components = {"model": hub.models()["bert"], "tokenizer": hub._tokenizer(chat=False)}
    save(
        "transformers", components, folder / "transformers", "transformers==5.24.0", task="text-classification",
        torch_dtype=None,
    )  # fmt: skip


CODE = """
import mlflow


class Doubling(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return [value * 2 for value in model_input]


mlflow.models.set_model(Doubling())
"""


def _own_code(folder: Path) -> None:
    """Code by design: a reviewer has to look at it."""
    pyfunc, client = import_module("mlflow.pyfunc"), import_module("mlflow.models")

    class Doubling(pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        """Twice what it gets."""

        def predict(self, context, model_input):  # type: ignore[no-untyped-def]
            return [value * 2 for value in model_input]

    signature = client.infer_signature([1.0])
    pickled = folder / "pyfunc-own-code"
    pyfunc.save_model(str(pickled), python_model=Doubling(), pip_requirements=REQUIREMENTS, signature=signature)
    for path in pickled.glob("*.pkl"):
        path.write_bytes(makers.without_our_paths(path.read_bytes()))
    Path("model.py").write_text(CODE)
    pyfunc.save_model(str(folder / "pyfunc-from-code"), python_model="model.py", pip_requirements=REQUIREMENTS)
    described = folder / "pyfunc-from-code" / "MLmodel"
    described.write_text(described.read_text().replace(str(Path.cwd()), "/srv/training"))
