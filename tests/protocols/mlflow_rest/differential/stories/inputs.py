"""What went into runs and what came out: data sets and models."""

from typing import Any

from tests.protocols.mlflow_rest.differential.wishes import get, post


def _use(name: Any = "wine", digest: Any = "d1", *, tags: Any = (), **fields: Any) -> dict[str, Any]:
    dataset = {"name": name, "digest": digest, "source_type": "http", "source": '{"url": "x"}', **fields}
    return {"dataset": dataset, "tags": list(tags)}


_TRAINING = {"key": "mlflow.data.context", "value": "training"}
_DATASETS = "/ajax-api/2.0/mlflow/experiments/search-datasets"
_NO_MODEL = "m-" + "0" * 32
_ODD_USES: list[Any] = [
    _use(name=None),
    _use(name=""),
    _use(name=5),
    _use(name="n" * 501),
    _use(digest="n" * 37),
    _use(source="s" * 65_536),
    _use("l1", source_type="t" * 37),
    _use("l2", source_type=None),
    _use("l3", source=None),
    _use("l4", tags=[{"key": "k" * 256, "value": "v"}]),
    _use("l5", tags=[{"key": "k", "value": "v" * 501}]),
    _use("l6", tags=[{"value": "v"}]),
    _use("l7", tags=[{"key": "k"}]),
    {"tags": []},
    5,
]

STORY = [
    post("experiments/create", name="inputs").keeping(exp="experiment_id"),
    post("experiments/create", name="empty").keeping(empty="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="a", start_time=1).keeping(a="run.info.run_id"),
    post("runs/create", experiment_id="<exp>", run_name="b", start_time=2).keeping(b="run.info.run_id"),
    # What MLflow takes and Gatehouse refuses goes into a run of another experiment.
    post("experiments/create", name="spare").keeping(spare="experiment_id"),
    post("runs/create", experiment_id="<spare>", run_name="c", start_time=3).keeping(c="run.info.run_id"),
    post("logged-models", experiment_id="<exp>", name="net", source_run_id="<a>").keeping(net="model.info.model_id"),
    post("logged-models", experiment_id="<exp>", name="tree").keeping(tree="model.info.model_id"),
    post("runs/log-inputs", run_id="<a>", datasets=[_use(tags=[_TRAINING], schema='{"a": 1}', profile='{"rows": 5}')]),
    get("runs/get", run_id="<a>"),
    post("runs/log-inputs", run_id="<a>", datasets=[_use(tags=[{"key": "other", "value": "x"}], schema="changed")]),
    get("runs/get", run_id="<a>"),
    post("runs/log-inputs", run_id="<b>", datasets=[_use(), _use("wine", "d2"), _use("beer", "d1", tags=[_TRAINING])]),
    get("runs/get", run_id="<b>"),
    post("runs/log-inputs", run_id="<b>", datasets=[_use("twin", "t"), _use("twin", "t")]),
    *(post("runs/log-inputs", run_id="<c>", datasets=[use]) for use in _ODD_USES),
    post("runs/log-inputs", run_id="<c>", datasets=[_use(digest=None)]).called("a data set without a digest"),
    post("runs/log-inputs", run_id="<c>", datasets=[_use(digest="")]).called("a data set with an empty digest"),
    post("runs/log-inputs", run_id="<b>", datasets=5),
    post("runs/log-inputs", run_id="<b>"),
    post("runs/log-inputs", run_id="<b>", datasets=[]),
    post("runs/log-inputs", datasets=[_use()]),
    post("runs/log-inputs", run_id="f" * 32, datasets=[_use()]),
    get("runs/get", run_id="<b>"),
    # ---- models
    post("runs/log-inputs", run_id="<a>", models=[{"model_id": "<net>"}]),
    post("runs/log-inputs", run_id="<a>", models=[{"model_id": "<net>"}, {"model_id": "<tree>"}]),
    post("runs/log-inputs", run_id="<c>", models=[{"model_id": _NO_MODEL}]).called("an input model that is not there"),
    post("runs/log-inputs", run_id="<c>", models=[{}]).called("an input model without an id"),
    post("runs/log-inputs", run_id="<a>", models="x"),
    post("runs/outputs", run_id="<a>", models=[{"model_id": "<net>", "step": 3}]),
    post("runs/outputs", run_id="<a>", models=[{"model_id": "<net>", "step": 4}]),
    post("runs/outputs", run_id="<a>", models=[{"model_id": "<tree>"}]),
    post("runs/outputs", run_id="<c>", models=[{"model_id": _NO_MODEL, "step": 1}]).called(
        "an output that is not there"
    ),
    post("runs/outputs", run_id="<a>", models=[]),
    post("runs/outputs", run_id="<a>"),
    post("runs/outputs", run_id="<a>", models="x"),
    post("runs/outputs", models=[{"model_id": "<net>", "step": 3}]),
    post("runs/outputs", run_id="f" * 32, models=[{"model_id": "<net>", "step": 3}]),
    get("runs/get", run_id="<a>"),
    # ---- data sets of experiments
    post(_DATASETS, experiment_ids=["<exp>"]),
    post(_DATASETS, experiment_ids=["<empty>"]),
    post(_DATASETS, experiment_ids=["<exp>", "<empty>"]),
    post(_DATASETS, experiment_ids=["99999"]),
    post(_DATASETS, experiment_ids=[]),
    post(_DATASETS),
    post(_DATASETS, experiment_ids=["x"]).called("data sets of an experiment that is no number"),
    post(_DATASETS, experiment_ids="<exp>"),
    post(_DATASETS, experiment_ids=[str(n) for n in range(21)]),
    post("runs/delete", run_id="<b>"),
    post(_DATASETS, experiment_ids=["<exp>"]),
    post("experiments/search-datasets", experiment_ids=["<empty>"]).called("data sets, below /api"),
]
