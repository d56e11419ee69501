"""What one needs at each address of the MLflow door, each named once: it has the same addresses at all its twins."""

from typing import Any

from accounts.rights import Right
from tests.doors.rows import Open, Row, Thing

_API = "/api/2.0/mlflow"
_FILES = "/api/2.0/mlflow-artifacts"
_RUN = {"run_id": "{run_id}"}
_EXPERIMENT = {"experiment_id": "{experiment_id}"}
_MODEL = {"name": "{name}"}
_VERSION = {"name": "{name}", "version": "{version}"}
_TAG = {"key": "k", "value": "v"}
_IN_RUN = {"path": "{experiment}/{run_id}/artifacts/weights.txt"}
_PARTS_IN_RUN = {"path": "{experiment}/{run_id}/artifacts"}
_UPLOAD = {"path": "weights.txt", "upload_id": "0" * 32, "parts": [{"part_number": 1, "etag": "x"}]}
_MODEL_JSON = '{"artifact_path": "m", "run_id": "x", "utc_time_created": "2026-01-01 00:00:00", "flavors": {}}'
_ABSENT = frozenset({404, 501})


def _get(path: str, need: Right | Open, thing: Thing = Thing.INSTALLATION, /, **fields: Any) -> Row:
    return Row("GET", f"{_API}/{path}", need, thing, fields)


def _post(path: str, need: Right | Open, thing: Thing = Thing.INSTALLATION, /, **fields: Any) -> Row:
    return Row("POST", f"{_API}/{path}", need, thing, fields)


EXPERIMENTS = [
    _post("experiments/create", Right.LOG, Thing.REGISTRY, name="new"),
    _get("experiments/get", Right.SEE, Thing.EXPERIMENT, **_EXPERIMENT),
    _get("experiments/get-by-name", Right.SEE, Thing.EXPERIMENT, experiment_name="{experiment_name}"),
    _get("experiments/search", Open.SIGNED_IN, max_results=100),
    _post("experiments/search", Open.SIGNED_IN, max_results=100),
    _post("experiments/search-datasets", Open.SIGNED_IN, experiment_ids=["{experiment_id}"]),
    _post("experiments/update", Right.EDIT, Thing.EXPERIMENT, **_EXPERIMENT, new_name="new"),
    _post("experiments/delete", Right.MANAGE, Thing.EXPERIMENT, **_EXPERIMENT),
    Row("POST", f"{_API}/experiments/restore", Right.MANAGE, Thing.EXPERIMENT, _EXPERIMENT, answers=frozenset({404})),
    _post("experiments/set-experiment-tag", Right.LOG, Thing.EXPERIMENT, **_EXPERIMENT, **_TAG),
    Row(
        "POST",
        f"{_API}/experiments/delete-experiment-tag",
        Right.EDIT,
        Thing.EXPERIMENT,
        {**_EXPERIMENT, "key": "k"},
        answers=frozenset({404}),
    ),
]
RUNS = [
    _post("runs/create", Right.LOG, Thing.EXPERIMENT, **_EXPERIMENT),
    _get("runs/get", Right.SEE, Thing.RUN, **_RUN),
    _post("runs/update", Right.EDIT, Thing.RUN, **_RUN, run_name="new"),
    _post("runs/delete", Right.EDIT, Thing.RUN, **_RUN),
    _post("runs/restore", Right.EDIT, Thing.RUN, **_RUN),
    _post("runs/search", Open.SIGNED_IN, experiment_ids=["{experiment_id}"]),
    _post("runs/log-inputs", Right.EDIT, Thing.RUN, **_RUN, models=[{"model_id": "{model_id}"}]),
    _post("runs/outputs", Right.EDIT, Thing.RUN, **_RUN, models=[{"model_id": "{model_id}"}]),
    _post("runs/log-metric", Right.EDIT, Thing.RUN, **_RUN, key="loss", value=1, timestamp=1),
    _post("runs/log-parameter", Right.EDIT, Thing.RUN, **_RUN, **_TAG),
    _post("runs/log-batch", Right.EDIT, Thing.RUN, **_RUN, params=[_TAG]),
    _post("runs/set-tag", Right.EDIT, Thing.RUN, **_RUN, **_TAG),
    Row("POST", f"{_API}/runs/delete-tag", Right.EDIT, Thing.RUN, {**_RUN, "key": "k"}, answers=frozenset({404})),
    _post("runs/log-model", Right.EDIT, Thing.RUN, **_RUN, model_json=_MODEL_JSON),
    _get("metrics/get-history", Open.SIGNED_IN, Thing.INSTALLATION, **_RUN, metric_key="loss"),
    _get("metrics/get-history-bulk", Open.SIGNED_IN, run_id=["{run_id}"], metric_key="loss"),
    _get("metrics/get-history-bulk-interval", Open.SIGNED_IN, run_ids=["{run_id}"], metric_key="loss", max_results=9),
]
LOGGED_MODELS = [
    _post("logged-models", Right.LOG, Thing.EXPERIMENT, **_EXPERIMENT, name="new"),
    _post("logged-models/search", Open.SIGNED_IN, experiment_ids=["{experiment_id}"]),
    _get("logged-models/<model_id>", Right.SEE, Thing.LOGGED_MODEL),
    Row("PATCH", f"{_API}/logged-models/<model_id>", Right.EDIT, Thing.LOGGED_MODEL, {"status": "LOGGED_MODEL_READY"}),
    Row("DELETE", f"{_API}/logged-models/<model_id>", Right.EDIT, Thing.LOGGED_MODEL),
    _post("logged-models/<model_id>/params", Right.EDIT, Thing.LOGGED_MODEL, params=[_TAG]),
    Row("PATCH", f"{_API}/logged-models/<model_id>/tags", Right.EDIT, Thing.LOGGED_MODEL, {"tags": [_TAG]}),
    Row(
        "DELETE",
        f"{_API}/logged-models/<model_id>/tags/<tag_key>",
        Right.EDIT,
        Thing.LOGGED_MODEL,
        answers=frozenset({404}),
    ),
    _get("logged-models/<model_id>/artifacts/directories", Right.SEE, Thing.LOGGED_MODEL),
    Row(
        "GET",
        f"{_API}/logged-models/<model_id>/artifacts/files",
        Right.DOWNLOAD,
        Thing.LOGGED_MODEL,
        {"artifact_file_path": "weights.txt"},
        answers=frozenset({404}),
    ),
]
ARTIFACTS = [
    Row("GET", "/get-artifact", Right.DOWNLOAD, Thing.RUN, {**_RUN, "path": "weights.txt"}),
    Row("GET", "/model-versions/get-artifact", Right.DOWNLOAD, Thing.VERSION, {**_VERSION, "path": "weights.txt"}),
    Row("GET", f"{_FILES}/artifacts", Right.SEE, Thing.RUN, _PARTS_IN_RUN),
    Row("GET", f"{_FILES}/artifacts/<path>", Right.DOWNLOAD, Thing.RUN, at=_IN_RUN),
    Row("PUT", f"{_FILES}/artifacts/<path>", Right.EDIT, Thing.RUN, b"new", at=_IN_RUN),
    Row("DELETE", f"{_FILES}/artifacts/<path>", Right.EDIT, Thing.RUN, at=_IN_RUN),
    _get("artifacts/list", Right.SEE, Thing.RUN, **_RUN),
    Row("POST", f"{_API}/upload-artifact?run_uuid=<run_id>&path=new.txt", Right.EDIT, Thing.RUN, b"new"),
    Row("POST", f"{_FILES}/mpu/create/<path>", Right.EDIT, Thing.RUN, _UPLOAD, _PARTS_IN_RUN, _ABSENT),
    Row("POST", f"{_FILES}/mpu/complete/<path>", Right.EDIT, Thing.RUN, _UPLOAD, _PARTS_IN_RUN, _ABSENT),
    Row("POST", f"{_FILES}/mpu/abort/<path>", Right.EDIT, Thing.RUN, _UPLOAD, _PARTS_IN_RUN, _ABSENT),
    Row("GET", f"{_FILES}/presigned/<path>", Right.DOWNLOAD, Thing.RUN, at=_IN_RUN),
    _post("artifacts/presigned-upload-url", Open.SIGNED_IN),
    _post("artifacts/presigned-download-url", Right.DOWNLOAD, Thing.RUN, **_RUN, path="weights.txt"),
]
MODELS = [
    _post("registered-models/create", Right.REGISTER, Thing.REGISTRY, name="new"),
    _get("registered-models/get", Right.SEE, Thing.MODEL, **_MODEL),
    Row("PATCH", f"{_API}/registered-models/update", Right.EDIT, Thing.MODEL, {**_MODEL, "description": "x"}),
    _post("registered-models/rename", Right.MANAGE, Thing.MODEL, **_MODEL, new_name="new"),
    Row("DELETE", f"{_API}/registered-models/delete", Right.MANAGE, Thing.MODEL, _MODEL),
    _get("registered-models/search", Open.SIGNED_IN),
    _get("registered-models/get-latest-versions", Right.SEE, Thing.MODEL, **_MODEL),
    _post("registered-models/get-latest-versions", Right.SEE, Thing.MODEL, **_MODEL),
    _post("registered-models/set-tag", Right.EDIT, Thing.MODEL, **_MODEL, **_TAG),
    Row("DELETE", f"{_API}/registered-models/delete-tag", Right.EDIT, Thing.MODEL, {**_MODEL, "key": "k"}),
    _post("registered-models/alias", Right.PROMOTE, Thing.VERSION, **_VERSION, alias="blue"),
    Row("DELETE", f"{_API}/registered-models/alias", Right.PROMOTE, Thing.MODEL, {**_MODEL, "alias": "steady"}),
    _get("registered-models/alias", Right.SEE, Thing.MODEL, **_MODEL, alias="steady"),
]
VERSIONS = [
    _post("model-versions/create", Right.REGISTER, Thing.MODEL, **_MODEL, source="models:/{name}/{number}"),
    _get("model-versions/get", Right.SEE, Thing.VERSION, **_VERSION),
    Row("PATCH", f"{_API}/model-versions/update", Right.EDIT, Thing.VERSION, {**_VERSION, "description": "x"}),
    _post("model-versions/transition-stage", Right.PROMOTE, Thing.VERSION, **_VERSION, stage="Staging"),
    Row("DELETE", f"{_API}/model-versions/delete", Right.MANAGE, Thing.VERSION, _VERSION),
    _get("model-versions/search", Open.SIGNED_IN),
    _get("model-versions/get-download-uri", Right.SEE, Thing.VERSION, **_VERSION),
    _post("model-versions/set-tag", Right.EDIT, Thing.VERSION, **_VERSION, **_TAG),
    Row("DELETE", f"{_API}/model-versions/delete-tag", Right.EDIT, Thing.VERSION, {**_VERSION, "key": "k"}),
]
SERVER = [
    Row("GET", "/version", Open.PUBLIC),
    Row("GET", "/api/3.0/mlflow/server-info", Open.PUBLIC),
    Row("GET", "/api/[0-9]+.[0-9]+/<path>", Open.NOWHERE, at={"path": "mlflow/none"}),
    _get("webhooks", Open.SIGNED_IN),
    _post("webhooks", Open.SIGNED_IN),
    Row("GET", "/api/3.0/mlflow/workspaces", Open.SIGNED_IN),
    Row("POST", "/api/3.0/mlflow/workspaces", Right.ADMINISTER, fields={"name": "new"}),
    Row("GET", "/api/3.0/mlflow/workspaces/<registry>", Right.SEE, Thing.WORKSPACE),
    Row("PATCH", "/api/3.0/mlflow/workspaces/<registry>", Right.MANAGE, Thing.REGISTRY, {"description": "x"}),
    Row("DELETE", "/api/3.0/mlflow/workspaces/<registry>", Right.SEE, Thing.WORKSPACE),
]
MLFLOW = [*EXPERIMENTS, *RUNS, *LOGGED_MODELS, *ARTIFACTS, *MODELS, *VERSIONS, *SERVER]
