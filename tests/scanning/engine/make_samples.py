"""Writes samples/: small models as real libraries save them. Needs mlflow-skinny, scikit-learn, pandas, skops and joblib.

The tests only read what it wrote: `python make_samples.py`.
"""

import shutil
import warnings
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("samples")
ROWS = 24


def pipelines() -> dict[str, Any]:
    """A few pipelines that people train every day, small enough to keep."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer([("numbers", StandardScaler(), ["age", "income"]), ("words", OneHotEncoder(), ["town"])])
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
        "forest": make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=2, max_depth=2, random_state=1)),
        "boosting": make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=1)),
        "histogram": HistGradientBoostingClassifier(max_iter=2, max_depth=2, random_state=1),
        "columns": make_pipeline(columns, LogisticRegression()),
    }


def main() -> None:
    """Fit every pipeline and save it through mlflow in its default format and as pickles, and with joblib."""
    import joblib
    import mlflow.sklearn
    import numpy
    import pandas
    from mlflow.models import infer_signature

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
        mlflow.sklearn.save_model(pipeline, str(SAMPLES / f"{name}-default"), skops_trusted_types=consent, **options)
        mlflow.sklearn.save_model(
            pipeline, str(SAMPLES / f"{name}-cloudpickle"), serialization_format="cloudpickle", **options
        )
    plain = pipelines()["forest"].fit(people[["age", "income"]], target)
    for suffix, compress in {"joblib": 0, "zlib": ("zlib", 3), "gzip": ("gzip", 3), "xz": ("xz", 3), "lzma": ("lzma", 3)}.items():
        joblib.dump(plain, SAMPLES / f"forest.{suffix}", compress=compress)
    joblib.dump({"words": numpy.array(["a", None, 3], dtype=object), "rows": numpy.arange(4)}, SAMPLES / "objects.joblib")
    numpy.save(SAMPLES / "rows.npy", numpy.arange(6.0).reshape(2, 3))
    numpy.savez(SAMPLES / "rows.npz", a=numpy.arange(3), b=numpy.ones(2))
    people.to_pickle(SAMPLES / "people.pkl")


if __name__ == "__main__":
    main()
