"""Writes model_samples/: small models as torch, xgboost, lightgbm and catboost save them, new and old.

`clean/` holds what the gate must understand, `review/` what has code or a graph in it by design. The tests only read
them.

Run it in an environment with these libraries; with `--old` in one with xgboost 1 and lightgbm 3, for their formats.
"""

import pickle
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

MODELS = Path(__file__).with_name("model_samples")
CLEAN, REVIEW = MODELS / "clean", MODELS / "review"


def write_torch() -> None:
    torch = import_module("torch")
    nn = torch.nn
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    net(torch.rand(5, 3)).sum().backward()
    optimizer.step()
    numpy = import_module("numpy")
    objects = {
        "state": net.state_dict(),
        "checkpoint": {
            "model": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": 3,
            "loss": torch.tensor(0.5),
            "best": numpy.float64(2),
            "random": torch.get_rng_state()[:16].clone(),
        },
        "module": net,
        "optimizer": optimizer,
        "layers": nn.ModuleDict({
            "lstm": nn.LSTM(2, 2),
            "attention": nn.TransformerEncoderLayer(4, 2, 4, activation="gelu"),
            "embedding": nn.Embedding(3, 2),
            "convolution": nn.Conv2d(1, 2, 3),
        }),
        "tensors": {
            "kinds": [torch.zeros(2, dtype=kind) for kind in (torch.float16, torch.bfloat16, torch.int8, torch.bool)],
            "sparse": torch.eye(2).to_sparse(),
            "view": torch.rand(3, 3)[1:, ::2],
            "parameter": nn.Parameter(torch.rand(2)),
            "size": torch.Size([1, 2]),
            "device": torch.device("cpu"),
            "type": torch.float32,
            "layout": torch.strided,
        },
        "quantized": torch.quantize_per_channel(
            torch.rand(2, 2), torch.rand(2), torch.zeros(2, dtype=torch.long), 0, torch.qint8
        ),
    }  # fmt: skip
    for name, value in objects.items():
        torch.save(value, CLEAN / f"torch-{name}.pt")
        torch.save(value, CLEAN / f"torch-{name}-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(objects["state"], CLEAN / "torch-state-protocol-4.pt", pickle_protocol=4)
    small = nn.Linear(2, 1)
    for protocol in (2, 4, 5):
        (CLEAN / f"torch-plain-{protocol}.pkl").write_bytes(pickle.dumps(small, protocol))
    import_module("joblib").dump({"net": small, "rows": numpy.arange(3)}, CLEAN / "torch-module.joblib")
    torch.jit.script(small).save(str(REVIEW / "torch-script.pt"))
    own = type("Own", (nn.Module,), {"__module__": "theirs"})
    sys.modules["theirs"] = type(sys)("theirs")
    sys.modules["theirs"].Own = own  # type: ignore[attr-defined]
    torch.save(own(), REVIEW / "torch-own-module.pt")
    with import_module("torch.package").PackageExporter(str(REVIEW / "torch-package.pt")) as package:
        package.extern("torch.**")
        package.save_source_string("mine", "x = 1\n")
        package.save_pickle("model", "model.pkl", small)
    exported = torch.export.export(small.eval(), (torch.rand(2, 2),))
    torch.export.save(exported, str(REVIEW / "torch-exported.pt2"))


def write_boosters(suffix: str) -> None:
    numpy, pandas, joblib = (import_module(name) for name in ("numpy", "pandas", "joblib"))
    xgboost, lightgbm = import_module("xgboost"), import_module("lightgbm")
    rows = numpy.random.RandomState(1).rand(40, 3)
    target = (rows[:, 0] > 0.5).astype(int)
    trees = xgboost.XGBClassifier(n_estimators=2, max_depth=2).fit(rows, target)
    linear = xgboost.XGBRegressor(booster="gblinear", n_estimators=2).fit(rows, target)
    dart = xgboost.XGBRegressor(booster="dart", n_estimators=2, max_depth=2).fit(rows, target)
    for name, model in {"trees": trees, "linear": linear, "dart": dart}.items():
        booster = model.get_booster()
        for extension in ("json", "ubj", *(("deprecated",) if suffix else ())):
            booster.save_model(str(CLEAN / f"xgboost-{name}{suffix}.{extension}"))
    leaves = lightgbm.LGBMClassifier(n_estimators=2, num_leaves=4, min_child_samples=2, verbose=-1).fit(rows, target)
    leaves.booster_.save_model(str(CLEAN / f"lightgbm-leaves{suffix}.txt"))
    table = pandas.DataFrame({"a": rows[:, 0], "town": pandas.Categorical(["x", "y"] * 20)})
    categories = lightgbm.LGBMRegressor(n_estimators=2, num_leaves=4, min_child_samples=2, verbose=-1).fit(
        table, target
    )
    categories.booster_.save_model(str(CLEAN / f"lightgbm-categories{suffix}.txt"))
    for name, model in {"xgboost-trees": trees, "lightgbm-leaves": leaves}.items():
        (CLEAN / f"{name}{suffix}.pkl").write_bytes(pickle.dumps(model))
        joblib.dump(model, CLEAN / f"{name}{suffix}.joblib", compress=3)
    if not suffix:
        write_catboost(rows, target)


def write_catboost(rows: Any, target: Any) -> None:
    catboost, pandas = import_module("catboost"), import_module("pandas")
    options = {"iterations": 2, "depth": 2, "verbose": 0, "allow_writing_files": False}
    plain = catboost.CatBoostClassifier(**options).fit(rows, target)
    table = pandas.DataFrame({"a": rows[:, 0], "town": ["x", "y"] * 20})
    towns = catboost.CatBoostRegressor(**options).fit(table, target, cat_features=["town"])
    words = [[f"{'a' if mark else 'b'} c"] for mark in target]
    text = catboost.CatBoostClassifier(text_features=[0], **options).fit(words, target)
    for name, model in {"plain": plain, "towns": towns}.items():
        model.save_model(str(CLEAN / f"catboost-{name}.cbm"))
        model.save_model(str(CLEAN / f"catboost-{name}.json"), format="json")
        (CLEAN / f"catboost-{name}.pkl").write_bytes(pickle.dumps(model))
    text.save_model(str(REVIEW / "catboost-text.cbm"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for place in (CLEAN, REVIEW):
        place.mkdir(parents=True, exist_ok=True)
    if "--old" in sys.argv:
        write_boosters("-old")
    else:
        write_torch()
        write_boosters("")
