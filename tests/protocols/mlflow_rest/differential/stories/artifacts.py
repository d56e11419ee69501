"""The artifact proxy and the lists of what runs and logged models hold."""

from dataclasses import replace

from tests.protocols.mlflow_rest.differential.wishes import Wish, get, patch, post, send

_PROXY = "/api/2.0/mlflow-artifacts/artifacts"
_RUN = f"{_PROXY}/<exp>/<run>/artifacts"
_ROOT = "<exp>/<run>/artifacts"


def _put(path: str, body: bytes = b"one", content_type: str = "application/octet-stream") -> Wish:
    return send("PUT", path, body, content_type)


def _fetch(path: str) -> Wish:
    return Wish("GET", path)


def _drop(path: str) -> Wish:
    return replace(send("DELETE", path, b""), headers={})


STORY = [
    post("experiments/create", name="files").keeping(exp="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="run", start_time=1).keeping(run="run.info.run_id"),
    post("runs/create", experiment_id="<exp>", run_name="other", start_time=2).keeping(other="run.info.run_id"),
    post("logged-models", experiment_id="<exp>", name="net").keeping(net="model.info.model_id"),
    get("artifacts/list", run_id="<run>"),
    # ---- put
    _put(f"{_RUN}/a.txt"),
    _put(f"{_RUN}/folder/b.json", b"{}"),
    _put(f"{_RUN}/folder/deep/c.bin", b"\0\1\2"),
    _put(f"{_RUN}/a.txt", b"two"),
    _put(f"{_RUN}/MLmodel", b"flavors: {}"),
    _put(f"{_RUN}/ünï côdé.txt", b"letters"),
    _put(f"{_PROXY}/<exp>/models/<net>/artifacts/MLmodel", b"flavors: {}"),
    _put(f"{_PROXY}/<exp>/models/<net>/artifacts/data/weights.bin", b"123"),
    _put(f"{_RUN}/../escaped.txt").called("PUT of a path with dots"),
    _put(f"{_RUN}/%2e%2e/escaped.txt").called("PUT of a path with encoded dots"),
    _put(f"{_RUN}/%252e%252e/escaped.txt"),
    _put(f"{_PROXY}/<exp>/<other>/artifacts/a%5Cb.txt").called("PUT of a path with a backslash"),
    _put(f"{_RUN}/folder/").called("PUT of a folder"),
    # ---- get
    _fetch(f"{_RUN}/a.txt"),
    _fetch(f"{_RUN}/folder/b.json"),
    _fetch(f"{_RUN}/MLmodel"),
    _fetch(f"{_RUN}/ünï côdé.txt"),
    _fetch(f"{_RUN}/nothing.txt"),
    _fetch(f"{_RUN}/folder"),
    _fetch(f"{_RUN}/../x"),
    _fetch(f"{_RUN}/%252e%252e/x"),
    _fetch(f"{_PROXY}/<exp>/{'f' * 32}/artifacts/a.txt"),
    # ---- lists of the proxy
    get(_PROXY, path=_ROOT),
    get(_PROXY, path=f"{_ROOT}/folder"),
    get(_PROXY, path=f"{_ROOT}/folder/"),
    get(_PROXY, path=f"{_ROOT}/nothing"),
    get(_PROXY, path=f"{_ROOT}/a.txt"),
    get(_PROXY, path=f"{_ROOT}/../x"),
    get(_PROXY, path="/etc"),
    get(_PROXY, path="<exp>/models/<net>/artifacts"),
    # ---- lists of runs and logged models
    get("artifacts/list", run_id="<run>"),
    get("artifacts/list", run_uuid="<run>"),
    get("artifacts/list", run_id="<run>", path="folder"),
    get("artifacts/list", run_id="<run>", path="folder/deep"),
    get("artifacts/list", run_id="<run>", path="nothing"),
    get("artifacts/list", run_id="<run>", path="a.txt"),
    get("artifacts/list", run_id="<run>", path="../x"),
    get("artifacts/list", run_id="<run>", path="/etc"),
    get("artifacts/list", run_id="<run>", path=""),
    get("artifacts/list", run_id="<run>", path="%2e%2e/x"),
    get("artifacts/list", run_id="f" * 32),
    get("artifacts/list"),
    get("logged-models/<net>/artifacts/directories"),
    get("logged-models/<net>/artifacts/directories", artifact_directory_path="data"),
    get("logged-models/<net>/artifacts/directories", artifact_directory_path="MLmodel"),
    get("logged-models/<net>/artifacts/directories", artifact_directory_path="/etc"),
    # ---- links
    post("artifacts/presigned-upload-url", run_id="<run>", path="a.txt"),
    post("artifacts/presigned-download-url", run_id="<run>", path="a.txt"),
    # ---- delete
    _drop(f"{_RUN}/folder/deep"),
    _drop(f"{_RUN}/folder/deep"),
    _drop(f"{_RUN}/a.txt"),
    _drop(f"{_RUN}/../x"),
    _fetch(f"{_RUN}/a.txt"),
    get("artifacts/list", run_id="<run>"),
    # ---- versions of them
    patch("logged-models/<net>", model_id="<net>", status="LOGGED_MODEL_READY"),
    post("registered-models/create", name="net"),
    post("model-versions/create", name="net", source="models:/<net>", model_id="<net>"),
    post("model-versions/create", name="net", source="runs:/<run>/folder", run_id="<run>"),
    post("model-versions/create", name="net", source="mlflow-artifacts:/<exp>/<run>/artifacts/folder", run_id="<run>"),
    post("model-versions/create", name="net", source="mlflow-artifacts:/<exp>/<run>/artifacts/folder").called(
        "a folder of a run that is not named"
    ),
    post("model-versions/create", name="net", source="runs:/<run>/nothing", run_id="<run>").called(
        "a version of a folder without files"
    ),
    get("model-versions/get", name="net", version="2"),
]

PARTS = [
    post("experiments/create", name="parts").keeping(exp="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="run", start_time=1).keeping(run="run.info.run_id"),
    _put(f"{_RUN}/a.txt"),
    post("/api/2.0/mlflow-artifacts/mpu/create/<exp>/<run>/artifacts", path="big.bin", num_parts=2),
    get("/api/2.0/mlflow-artifacts/presigned/<exp>/<run>/artifacts/a.txt"),
]
