"""Logged models."""

from typing import Any

from tests.protocols.mlflow_rest.differential.wishes import delete, get, patch, post, send

_VERSIONS_TAG = "mlflow.modelVersions"
_NO_MODEL = "m-" + "0" * 32


def _pair(key: Any, value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


STORY = [
    post("experiments/create", name="models").keeping(exp="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="run", start_time=1).keeping(run="run.info.run_id"),
    post(
        "logged-models",
        experiment_id="<exp>",
        name="net",
        model_type="torch",
        source_run_id="<run>",
        params=[_pair("depth", "3")],
        tags=[_pair("team", "sea"), _pair("a b", "")],
    ).keeping(net="model.info.model_id"),
    *(
        post("logged-models", **fields)
        for fields in (
            {"experiment_id": "<exp>"},
            {"experiment_id": "<exp>", "name": ""},
            {"experiment_id": "<exp>", "name": "a/b"},
            {"experiment_id": "<exp>", "name": "a:b"},
            {"experiment_id": "<exp>", "name": "a.b"},
            {"experiment_id": "<exp>", "name": "a%b"},
            {"experiment_id": "<exp>", "name": "a'b"},
            {"experiment_id": "<exp>", "name": 'a"b'},
            {"experiment_id": "<exp>", "name": "  "},
            {"experiment_id": "<exp>", "name": "ünï côdé"},
            {"experiment_id": "<exp>", "name": 5},
            {"experiment_id": "<exp>", "name": "n" * 500},
            {"name": "no experiment"},
            {"experiment_id": "", "name": "no experiment"},
            {"experiment_id": "99999", "name": "x"},
            {"experiment_id": "abc", "name": "x"},
            {"experiment_id": "<exp>", "name": "x", "source_run_id": "f" * 32},
            {"experiment_id": "<exp>", "name": "x", "params": "x"},
            {"experiment_id": "<exp>", "name": "x", "params": [_pair(f"p{n}", "1") for n in range(101)]},
            {"experiment_id": "<exp>", "name": "x", "params": [_pair("k" * 251, "1")]},
            {"experiment_id": "<exp>", "name": "x", "params": [_pair("k", "v" * 6001)]},
            {"experiment_id": "<exp>", "name": "x", "params": [_pair("a;b", "v")]},
            {"experiment_id": "<exp>", "name": "x", "params": [{"value": "v"}]},
            {"experiment_id": "<exp>", "name": "x", "params": [_pair("k", "1"), _pair("k", "2")]},
            {"experiment_id": "<exp>", "name": "x", "tags": [_pair("k" * 251, "1")]},
            {"experiment_id": "<exp>", "name": "x", "tags": [_pair("k", "v" * 8001)]},
            {"experiment_id": "<exp>", "name": "x", "tags": [{"value": "v"}]},
            {"experiment_id": "<exp>", "name": "x", "tags": [_pair("k", "1"), _pair("k", "2")]},
        )
    ),
    post("logged-models", experiment_id="<exp>", name="spare").keeping(spare="model.info.model_id"),
    post("logged-models", experiment_id="<exp>", name="n" * 501).called("a logged model with a name of 501 letters"),
    # ---- get
    get("logged-models/<net>"),
    get(f"logged-models/{_NO_MODEL}"),
    get("logged-models/nonsense"),
    get("logged-models/<net>", allow_deleted="true"),
    get("logged-models/<net>", allow_deleted="maybe"),
    # ---- params and tags
    post("logged-models/<net>/params", model_id="<net>", params=[_pair("width", "5")]),
    post("logged-models/<net>/params", model_id="<net>", params=[_pair("width", "5")]),
    post("logged-models/<net>/params", model_id="<net>", params=[_pair("width", "6")]),
    post("logged-models/<net>/params", model_id="<net>", params=[]),
    post("logged-models/<net>/params", model_id="<net>"),
    post("logged-models/<net>/params", model_id="<net>", params="x"),
    post("logged-models/<spare>/params", model_id="<spare>", params=[_pair(f"p{n}", "1") for n in range(101)]),
    post("logged-models/<spare>/params", model_id="<spare>", params=[_pair("a;b", "1")]),
    post("logged-models/<spare>/params", model_id="<spare>", params=[_pair("long", "v" * 6001)]),
    post(f"logged-models/{_NO_MODEL}/params", model_id=_NO_MODEL, params=[_pair("width", "5")]),
    patch("logged-models/<net>/tags", model_id="<net>", tags=[_pair("team", "forest"), _pair("new", "1")]),
    patch("logged-models/<net>/tags", model_id="<net>", tags=[]),
    patch("logged-models/<net>/tags", model_id="<net>"),
    patch("logged-models/<net>/tags", model_id="<net>", tags="x"),
    patch("logged-models/<spare>/tags", model_id="<spare>", tags=[_pair("a;b", "1")]),
    patch("logged-models/<spare>/tags", model_id="<spare>", tags=[_pair("k" * 251, "1")]),
    patch("logged-models/<spare>/tags", model_id="<spare>", tags=[_pair("long", "v" * 8001)]),
    patch(f"logged-models/{_NO_MODEL}/tags", model_id=_NO_MODEL, tags=[_pair("team", "forest")]),
    delete("logged-models/<net>/tags/new", model_id="<net>", tag_key="new"),
    delete("logged-models/<net>/tags/new", model_id="<net>", tag_key="new"),
    delete(f"logged-models/{_NO_MODEL}/tags/new"),
    get("logged-models/<net>"),
    # ---- metrics
    post("runs/log-metric", run_id="<run>", key="acc", value=0.5, timestamp=1, step=1, model_id="<net>"),
    post("runs/log-metric", run_id="<run>", key="acc", value=0.5, timestamp=1, step=1, model_id="<net>"),
    post("runs/log-metric", run_id="<run>", key="acc", value=0.7, timestamp=2, step=2, model_id="<net>"),
    post(
        "runs/log-batch",
        run_id="<run>",
        metrics=[
            {
                "key": "loss",
                "value": 1,
                "timestamp": 1,
                "model_id": "<net>",
                "dataset_name": "d",
                "dataset_digest": "e",
            },
            {"key": "loss", "value": 2, "timestamp": 2, "model_id": "<net>"},
            {"key": "nan", "value": "NaN", "timestamp": 1, "model_id": "<spare>"},
        ],
    ),
    post("runs/log-metric", run_id="<run>", key="acc", value=1, timestamp=1, model_id=_NO_MODEL).called(
        "a metric of a model that is not there"
    ),
    get("logged-models/<net>"),
    get("runs/get", run_id="<run>"),
    get("metrics/get-history", run_id="<run>", metric_key="acc"),
    get("metrics/get-history", run_id="<run>", metric_key="loss"),
    get("logged-models/<spare>").called("a model with a metric that is no number"),
    # ---- files
    get("logged-models/<net>/artifacts/directories"),
    get("logged-models/<net>/artifacts/directories", artifact_directory_path="nothing"),
    get("logged-models/<net>/artifacts/directories", artifact_directory_path="../x"),
    get(f"logged-models/{_NO_MODEL}/artifacts/directories"),
    # ---- status
    patch("logged-models/<net>", model_id="<net>", status="LOGGED_MODEL_READY"),
    patch("logged-models/<net>", model_id="<net>", status=3),
    patch("logged-models/<net>", model_id="<net>", status="LOGGED_MODEL_UPLOAD_FAILED"),
    patch("logged-models/<net>", model_id="<net>", status="LOGGED_MODEL_READY"),
    patch("logged-models/<spare>", model_id="<spare>", status="READY"),
    patch("logged-models/<spare>", model_id="<spare>", status=9),
    patch("logged-models/<net>", model_id="<net>"),
    patch(f"logged-models/{_NO_MODEL}", model_id=_NO_MODEL, status="LOGGED_MODEL_READY"),
    # ---- registrations
    send("PUT", "/api/2.0/mlflow-artifacts/artifacts/<exp>/models/<net>/artifacts/weights.bin", b"123"),
    post("registered-models/create", name="registered net"),
    post("model-versions/create", name="registered net", source="models:/<net>", model_id="<net>"),
    delete(f"logged-models/<net>/tags/{_VERSIONS_TAG}").called("the tag that lists versions"),
    get("logged-models/<net>"),
    # ---- delete
    delete("logged-models/<net>"),
    delete("logged-models/<net>"),
    get("logged-models/<net>"),
    get("logged-models/<net>", allow_deleted="true"),
    get("logged-models/<net>", allow_deleted="True"),
    patch("logged-models/<net>", model_id="<net>", status="LOGGED_MODEL_READY").called("a deleted model: status"),
    patch("logged-models/<net>/tags", model_id="<net>", tags=[_pair("team", "forest")]).called("a deleted model: tags"),
    post("logged-models/<net>/params", model_id="<net>", params=[_pair("more", "5")]).called(
        "a deleted model: parameters"
    ),
    delete("logged-models/<net>/tags/team", model_id="<net>", tag_key="team").called("a deleted model: a tag less"),
    post("logged-models"),
    get("logged-models"),
    post("logged-models/<net>"),
    patch("logged-models/<net>", status="LOGGED_MODEL_READY").called("a status without the id in the body"),
]


def _model(name: str, **fields: Any) -> Any:
    create = post("logged-models", experiment_id="<exp>", name=name, **fields)
    return create.keeping(**{name: "model.info.model_id"})


def _metric(model: str, value: float | str, **fields: Any) -> Any:
    return post("runs/log-metric", run_id="<run>", key="acc", value=value, timestamp=1, model_id=f"<{model}>", **fields)


def _search(**fields: Any) -> Any:
    return post("logged-models/search", experiment_ids=["<exp>"], **fields)


_FILTERS = (
    "name = 'beta'",
    "name != 'beta'",
    "name LIKE '%a'",
    "name ILIKE 'B%'",
    "name IN ('beta', 'alpha')",
    "name NOT IN ('beta')",
    "attributes.name = 'beta'",
    "attribute.name = 'beta'",
    "name > 'b'",
    "model_id = '<alpha>'",
    "model_id IN ('<alpha>', '<beta>')",
    "model_type = 'torch'",
    "status = 'READY'",
    "status = 'PENDING'",
    "status != 'READY'",
    "status = 'LOGGED_MODEL_READY'",
    "status = 'FAILED'",
    "status = 'nonsense'",
    "source_run_id = '<run>'",
    "source_run_id != '<run>'",
    "experiment_id = '<exp>'",
    "artifact_location LIKE '%artifacts'",
    "lifecycle_stage = 'active'",
    "status_message = 'x'",
    "creation_timestamp > 0",
    "creation_time > 0",
    "creation_timestamp_ms > 0",
    "last_updated_timestamp > 0",
    "last_updated_timestamp_ms < 5",
    "creation_timestamp > 'x'",
    "creation_timestamp LIKE 'x'",
    "tags.team = 'sea'",
    "tags.team != 'sea'",
    "tags.team LIKE 's%'",
    "tags.team IN ('sea', 'x')",
    "tags.team IS NULL",
    "tag.team = 'sea'",
    "tags.`a b` = '1'",
    "tags.team = 5",
    "params.depth = '3'",
    "params.depth != '3'",
    "params.depth > '3'",
    "params.depth LIKE '%3'",
    "metrics.acc > 0.5",
    "metrics.acc = 0.9",
    "metrics.acc != 0.9",
    "metrics.acc > 'x'",
    "metrics.acc LIKE 'x'",
    "metrics.nothing > 0",
    "name = 'beta' AND tags.team = 'sea'",
    "name = 'beta' OR tags.team = 'sea'",
    "colour = 'red'",
    "nothing.name = 'x'",
    "name =",
    "",
)

_ORDERS: tuple[Any, ...] = (
    [{"field_name": "name"}],
    [{"field_name": "name", "ascending": False}],
    [{"field_name": "creation_timestamp", "ascending": True}],
    [{"field_name": "creation_time", "ascending": True}],
    [{"field_name": "creation_timestamp_ms", "ascending": True}],
    [{"field_name": "last_updated_timestamp", "ascending": True}],
    [{"field_name": "attributes.name"}],
    [{"field_name": "model_type"}, {"field_name": "name"}],
    [{"field_name": "status"}, {"field_name": "name"}],
    [{"field_name": "source_run_id"}, {"field_name": "name"}],
    [{"field_name": "metrics.acc"}],
    [{"field_name": "metrics.acc", "ascending": False}],
    [{"field_name": "metrics.acc", "ascending": True, "dataset_name": "d1"}],
    [{"field_name": "metrics.acc", "ascending": True, "dataset_name": "d1", "dataset_digest": "x"}],
    [{"field_name": "metrics.acc", "ascending": True, "dataset_digest": "x"}],
    [{"field_name": "params.depth"}],
    [{"field_name": "tags.team"}],
    [{"field_name": "colour"}],
    [{"field_name": ""}],
    [{}],
    ["name"],
    "name",
)

SEARCH = [
    post("experiments/create", name="searched").keeping(exp="experiment_id"),
    post("experiments/create", name="empty").keeping(empty="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="run", start_time=1).keeping(run="run.info.run_id"),
    _model(
        "alpha", model_type="torch", tags=[_pair("team", "sea")], params=[_pair("depth", "3")], source_run_id="<run>"
    ),
    _model(
        "beta", model_type="sklearn", tags=[_pair("team", "forest"), _pair("a b", "1")], params=[_pair("depth", "13")]
    ),
    _model("Gamma", tags=[_pair("other", "x")], source_run_id="<run>"),
    _model("delta"),
    patch("logged-models/<alpha>", model_id="<alpha>", status="LOGGED_MODEL_READY"),
    patch("logged-models/<Gamma>", model_id="<Gamma>", status="LOGGED_MODEL_UPLOAD_FAILED"),
    _metric("alpha", 0.5),
    _metric("beta", 0.9, dataset_name="d1", dataset_digest="x"),
    _metric("beta", 0.2, dataset_name="d2", dataset_digest="y", step=1),
    _metric("delta", 0.7, dataset_name="d1", dataset_digest="z"),
    _search(),
    *(_search(filter=text) for text in _FILTERS),
    *(_search(order_by=order) for order in _ORDERS),
    _search(order_by=[{"field_name": "name", "ascending": "false"}]).called("a text instead of a flag"),
    _search(order_by=[{"field_name": "name"}, {"field_name": "name"}]).called("a field twice in an order"),
    _search(filter="metrics.acc > 0.1", datasets=[{"dataset_name": "d1"}]).called("a metric on any d1"),
    _search(filter="metrics.acc > 0.1", datasets=[{"dataset_name": "d1", "dataset_digest": "x"}]),
    _search(filter="metrics.acc > 0.1", datasets=[{"dataset_digest": "x"}]),
    _search(datasets=[{"dataset_name": "d1"}]),
    _search(filter="name = 'beta'", datasets=[{"dataset_name": "d2"}]),
    _search(max_results=2).keeping(page="next_page_token"),
    _search(max_results=2, page_token="<page>"),
    _search(max_results=2, page_token="<page>", filter="name != 'x'"),
    _search(max_results=2, page_token="<page>", order_by=[{"field_name": "name"}]),
    _search(max_results=2, page_token="nonsense"),
    _search(max_results=4),
    _search(max_results=0).called("no logged models, please"),
    _search(max_results=-1).called("less than no logged models, please"),
    _search(max_results=50_001).called("very many logged models"),
    _search(max_results="x"),
    post("logged-models/search", experiment_ids=["<exp>", "<empty>"]),
    post("logged-models/search", experiment_ids=["99999"]),
    post("logged-models/search", experiment_ids=["abc"]).called("logged models of an experiment that is no number"),
    post("logged-models/search", experiment_ids=[]),
    post("logged-models/search"),
    delete("logged-models/<beta>"),
    _search(),
]
