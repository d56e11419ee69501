"""Boosted trees as XGBoost, LightGBM and CatBoost save them themselves, and as people pickle them."""

import pickle
from importlib import import_module
from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    """Every format of the three libraries, and their scikit-learn faces."""
    random = import_module("numpy").random.default_rng(7)
    rows = random.normal(size=(60, 3))
    classes, numbers = (rows[:, 0] > 0).astype("int64"), rows[:, 0] * 2 + 1
    _xgboost(folder, rows, classes, numbers)
    _lightgbm(folder, rows, classes, numbers)
    _catboost(folder, rows, classes, numbers)


def _pickle(model: Any, folder: Path, name: str) -> None:
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(model))
    import_module("joblib").dump(model, folder / f"{name}.joblib", compress=3)


def _xgboost(folder: Path, rows: Any, classes: Any, numbers: Any) -> None:
    xgboost = import_module("xgboost")
    small = {"n_estimators": 3, "max_depth": 2, "random_state": 1, "n_jobs": 1}
    classifier = xgboost.XGBClassifier(**small).fit(rows, classes)
    regressor = xgboost.XGBRegressor(**small, booster="dart").fit(rows, numbers)
    ranker = xgboost.XGBRanker(**small).fit(rows, classes, group=[30, 30])
    linear = xgboost.XGBRegressor(booster="gblinear", n_estimators=3).fit(rows, numbers)
    for name, model in {"classifier": classifier, "dart": regressor, "linear": linear}.items():
        model.save_model(folder / f"xgboost-{name}.json")
        model.save_model(folder / f"xgboost-{name}.ubj")
    table = import_module("pandas").DataFrame(rows, columns=["age", "income", "height"])
    table["town"] = import_module("pandas").Categorical(["Bonn", "Kyiv", "Lima"] * 20)
    mixed = xgboost.XGBClassifier(**small, enable_categorical=True, tree_method="hist").fit(table, classes)
    mixed.save_model(folder / "xgboost-categories.ubj")
    _pickle(classifier, folder, "xgboost-classifier")
    _pickle(regressor, folder, "xgboost-dart")
    _pickle(ranker, folder, "xgboost-ranker")
    (folder / "xgboost-booster.pkl").write_bytes(pickle.dumps(classifier.get_booster()))
    classifier.get_booster().dump_model(folder / "xgboost-dump.txt")
    pipeline = import_module("sklearn.pipeline").make_pipeline(
        import_module("sklearn.preprocessing").StandardScaler(), xgboost.XGBClassifier(**small)
    )
    _pickle(pipeline.fit(rows, classes), folder, "xgboost-pipeline")


def _lightgbm(folder: Path, rows: Any, classes: Any, numbers: Any) -> None:
    lightgbm = import_module("lightgbm")
    small = {"n_estimators": 3, "max_depth": 2, "min_child_samples": 5, "verbose": -1, "n_jobs": 1}
    classifier = lightgbm.LGBMClassifier(**small).fit(rows, classes)
    regressor = lightgbm.LGBMRegressor(**small).fit(rows, numbers)
    classifier.booster_.save_model(folder / "lightgbm-classifier.txt")
    regressor.booster_.save_model(folder / "lightgbm-regressor.txt")
    _pickle(classifier, folder, "lightgbm-classifier")
    _pickle(regressor, folder, "lightgbm-regressor")
    (folder / "lightgbm-booster.pkl").write_bytes(pickle.dumps(classifier.booster_))


def _catboost(folder: Path, rows: Any, classes: Any, numbers: Any) -> None:
    catboost = import_module("catboost")
    small = {"iterations": 3, "depth": 2, "verbose": False, "allow_writing_files": False, "thread_count": 1}
    classifier = catboost.CatBoostClassifier(**small).fit(rows, classes)
    regressor = catboost.CatBoostRegressor(**small).fit(rows, numbers)
    for name, model in {"classifier": classifier, "regressor": regressor}.items():
        model.save_model(folder / f"catboost-{name}.cbm")
        model.save_model(folder / f"catboost-{name}.json", format="json")
        _pickle(model, folder, f"catboost-{name}")
    regressor.save_model(folder / "catboost-regressor.onnx", format="onnx")
