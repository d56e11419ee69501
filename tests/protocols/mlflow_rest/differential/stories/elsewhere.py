"""Parts of the protocol that Gatehouse has not, wrong methods and addresses, and what the server says of itself."""

from tests.protocols.mlflow_rest.differential.wishes import Wish, delete, get, patch, post, send

# Answered with NOT_IMPLEMENTED: label, request.
ABSENT: dict[str, Wish] = {
    "webhooks/create": post("webhooks", name="hook", url="https://example.org", events=[]),
    "webhooks/get": get("webhooks/0"),
    "webhooks/update": patch("webhooks/0", name="other"),
    "webhooks/delete": delete("webhooks/0"),
    "webhooks/test": post("webhooks/0/test"),
    "traces/start": post("/api/3.0/mlflow/traces", trace={}),
    "traces/search": post("/api/3.0/mlflow/traces/search", locations=[]),
    "traces/get": get("/api/3.0/mlflow/traces/tr-0"),
    "traces/old search": get("traces", experiment_ids=["0"]),
    "traces/delete": post("traces/delete-traces", experiment_id="0"),
    "traces/tags": patch("traces/tr-0/tags", key="k", value="v"),
    "assessments": post("/api/3.0/mlflow/traces/tr-0/assessments", assessment={}),
    "scorers/list": get("/api/3.0/mlflow/scorers/list", experiment_id="0"),
    "scorers/register": post("/api/3.0/mlflow/scorers/register", experiment_id="0", name="s"),
    "gateway/secrets": get("/api/3.0/mlflow/gateway/secrets/list"),
    "gateway/endpoints": get("/api/3.0/mlflow/gateway/endpoints/list"),
    "gateway/create": post("/api/3.0/mlflow/gateway/endpoints/create", name="e"),
    "evaluation data sets": post("/api/3.0/mlflow/datasets/search", experiment_ids=["0"]),
    "evaluation data sets/create": post("/api/3.0/mlflow/datasets/create", name="d"),
    "prompt optimisation": post("/api/3.0/mlflow/prompt-optimization/jobs"),
    "prompt optimisation/search": post("/api/3.0/mlflow/prompt-optimization/jobs/search", experiment_id="0"),
    "issues": post("/api/3.0/mlflow/issues/search", experiment_id="0"),
    "label schemas": get("/api/3.0/mlflow/label-schemas/list", experiment_id="0"),
    "review queues": get("/api/3.0/mlflow/review-queues/list", experiment_id="0"),
    "workspaces": get("/api/3.0/mlflow/workspaces"),
    "jobs": get("/ajax-api/3.0/jobs/0"),
}

STORY = [
    get("webhooks"),
    get("/ajax-api/2.0/mlflow/webhooks"),
    *(wish.called(label) for label, wish in ABSENT.items()),
    # ---- addresses and methods
    get("nothing"),
    post("nothing"),
    get("runs/nothing"),
    get("/api/2.0/nothing"),
    get("/api/1.0/mlflow/runs/get", run_id="x"),
    get("/api/3.0/mlflow/runs/get", run_id="x"),
    post("runs/create/"),
    Wish("PUT", "runs/create"),
    Wish("DELETE", "runs/create"),
    get("runs/create"),
    post("runs/get"),
    get("runs/search"),
    post("metrics/get-history"),
    Wish("PATCH", "registered-models/create", {"name": "x"}),
    get("registered-models/create", name="x"),
    delete("registered-models/get", name="x"),
    Wish("OPTIONS", "runs/create").called("OPTIONS"),
    # ---- both prefixes
    post("/ajax-api/2.0/mlflow/experiments/create", name="by the other door").keeping(exp="experiment_id"),
    get("/ajax-api/2.0/mlflow/experiments/get", experiment_id="<exp>"),
    post("/ajax-api/2.0/mlflow/runs/search", experiment_ids=["<exp>"]),
    get("/ajax-api/2.0/mlflow/registered-models/search"),
    # ---- about itself
    get("/version"),
    get("/health"),
    get("/api/3.0/mlflow/server-info").called("server-info"),
    # ---- bodies where the address has parts
    send("POST", "runs/search", b"{"),
    send("POST", "runs/log-batch", b"", "text/plain"),
    send("POST", "runs/create", b"{}", "application/json"),
    send("DELETE", "registered-models/delete", b"", ""),
    send("DELETE", "registered-models/delete", b"{}", "application/json"),
]
