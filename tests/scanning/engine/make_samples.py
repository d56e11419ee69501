"""Writes samples/: small models as real libraries save them. Needs mlflow-skinny, scikit-learn, pandas and skops.

The tests only read what it wrote: `python make_samples.py`.
"""

import shutil
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("samples")
ROWS = 24


def pipelines() -> dict[str, Any]:
    """A few pipelines that people train every day, small enough to keep."""
    compose, ensemble, linear = (import_module(f"sklearn.{name}") for name in ("compose", "ensemble", "linear_model"))
    make_pipeline = import_module("sklearn.pipeline").make_pipeline
    scaling = import_module("sklearn.preprocessing")

    columns = compose.ColumnTransformer(
        [("numbers", scaling.StandardScaler(), ["age", "income"]), ("words", scaling.OneHotEncoder(), ["town"])]
    )
    return {
        "logistic": make_pipeline(scaling.StandardScaler(), linear.LogisticRegression()),
        "forest": make_pipeline(
            scaling.StandardScaler(), ensemble.RandomForestClassifier(n_estimators=2, max_depth=2, random_state=1)
        ),
        "boosting": make_pipeline(
            scaling.StandardScaler(), ensemble.GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=1)
        ),
        "histogram": ensemble.HistGradientBoostingClassifier(max_iter=2, max_depth=2, random_state=1),
        "columns": make_pipeline(columns, linear.LogisticRegression()),
    }


def main() -> None:
    """Fit every pipeline and save it through mlflow in its default format and as pickles, and with joblib."""
    joblib, numpy, pandas = (import_module(name) for name in ("joblib", "numpy", "pandas"))
    infer_signature = import_module("mlflow.models").infer_signature
    save_model = import_module("mlflow.sklearn").save_model

    warnings.simplefilter("ignore")
    shutil.rmtree(SAMPLES, ignore_errors=True)
    SAMPLES.mkdir()
    ages = numpy.linspace(20, 60, ROWS)
    people = pandas.DataFrame({"age": ages, "income": ages % 7, "town": ["Bonn", "Kyiv", "Lima"] * (ROWS // 3)})
    target = (numpy.arange(ROWS) % 2).astype("int64")
    for name, pipeline in pipelines().items():
        table = people if name == "columns" else people[["age", "income"]]
        pipeline.fit(table, target)
        options: dict[str, Any] = {
            "signature": infer_signature(table, pipeline.predict(table)),
            "input_example": table.head(2),
            "pip_requirements": ["mlflow==3.17.2", "scikit-learn==1.9.1"],
        }
        # Trees are not trusted by skops itself, so MLflow's default format asks for a word of consent.
        consent = ["sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
        save_model(pipeline, str(SAMPLES / f"{name}-default"), skops_trusted_types=consent, **options)
        save_model(pipeline, str(SAMPLES / f"{name}-cloudpickle"), serialization_format="cloudpickle", **options)
    plain = pipelines()["forest"].fit(people[["age", "income"]], target)
    for suffix, compress in {
        "joblib": 0,
        "zlib": ("zlib", 3),
        "gzip": ("gzip", 3),
        "xz": ("xz", 3),
        "lzma": ("lzma", 3),
    }.items():
        joblib.dump(plain, SAMPLES / f"forest.{suffix}", compress=compress)
    joblib.dump(
        {"words": numpy.array(["a", None, 3], dtype=object), "rows": numpy.arange(4)}, SAMPLES / "objects.joblib"
    )
    numpy.save(SAMPLES / "rows.npy", numpy.arange(6.0).reshape(2, 3))
    numpy.savez(SAMPLES / "rows.npz", a=numpy.arange(3), b=numpy.ones(2))
    people.to_pickle(SAMPLES / "people.pkl")


if __name__ == "__main__":
    main()
