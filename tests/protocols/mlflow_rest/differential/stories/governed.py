"""What only Gatehouse decides: who is there, and which version may stand where."""

from dataclasses import replace

from tests.protocols.mlflow_rest.differential.wishes import Wish, get, post, send

_PROXY = "/api/2.0/mlflow-artifacts/artifacts"


def _with_token(wish: Wish, header: str) -> Wish:
    return replace(wish, headers={"Authorization": header})


STORY = [
    post("experiments/create", name="governed").keeping(exp="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="run", start_time=1).keeping(run="run.info.run_id"),
    send("PUT", f"{_PROXY}/<exp>/<run>/artifacts/model/weights.txt", b"1 2 3", "text/plain"),
    post("registered-models/create", name="wine"),
    post("model-versions/create", name="wine", source="runs:/<run>/model", run_id="<run>"),
    post(
        "model-versions/transition-stage", name="wine", version="1", stage="Production", archive_existing_versions=False
    ).called("production without a review"),
    post("registered-models/alias", name="wine", alias="champion", version="1").called("an alias without a scan"),
    _with_token(get("experiments/get", experiment_id="0"), "").called("nobody's request"),
    _with_token(get("experiments/get", experiment_id="0"), "Bearer gate_wrong").called("a request with a wrong token"),
    post("runs/set-tag", run_id="<run>", key="k", value="x" * 40_000_000).called("a body beyond every bound"),
]
