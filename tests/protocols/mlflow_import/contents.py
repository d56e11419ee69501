"""What the source of these tests holds: a little of everything that teams have, made by the real client."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import DatasetInput, InputTag, LoggedModelInput, LoggedModelStatus, Metric, Param, RunTag
from sklearn.linear_model import LinearRegression

BIG = 50 * 1024 * 1024
POINTS = 3_000


@dataclass
class Contents:
    """The ids by which tests speak of what is there."""

    experiments: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    logged_models: dict[str, str] = field(default_factory=dict)


def fill(url: str, folder: Path) -> Contents:
    """Everything, through the client; returns what it is called there."""
    mlflow.set_tracking_uri(url)
    client, made = MlflowClient(url), Contents()
    try:
        _experiments(client, made)
        _long_run(client, made, folder)
        _logged_models(client, made)
        _registry(client, made)
        _deleted(client, made)
    finally:
        mlflow.set_tracking_uri("")
    return made


def _experiments(client: MlflowClient, made: Contents) -> None:
    made.experiments["Default"] = "0"
    client.set_experiment_tag("0", "team", "everybody")
    made.experiments["trees"] = client.create_experiment("trees", tags={"team": "forest", "mlflow.note.content": "# T"})
    made.experiments["gone"] = client.create_experiment("gone", tags={"was": "here"})


def _long_run(client: MlflowClient, made: Contents, folder: Path) -> None:
    """A run with everything that a run can have, one below it, and a plain one in the default experiment."""
    run = client.create_run(made.experiments["trees"], run_name="long", start_time=1_700_000_000_123)
    run_id = made.runs["long"] = run.info.run_id
    for start in range(0, POINTS, 1_000):
        client.log_batch(
            run_id,
            [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(start, start + 1_000)],
        )
    odd = [math.nan, math.inf, -math.inf, 0.5, math.nan]
    client.log_batch(
        run_id,
        [Metric("odd", value, 1_700_000_000_000, step) for step, value in enumerate(odd)]
        + [Metric("val/acc @1".replace("@", "at"), 0.25, 1_700_000_000_001, 0), Metric("same step", 1.0, 5, 0)]
        + [Metric("same step", 2.0, 5, 0), Metric("same step", 2.0, 6, 0)],
        [Param("depth", "3"), Param("empty", ""), Param("long", "x" * 6000), Param("words", "naïve ☃ words")],
        [RunTag("who", "ada"), RunTag("long", "y" * 8000), RunTag("mlflow.user", "ada")],
    )
    client.log_batch(run_id, params=[Param(f"p{number}", str(number)) for number in range(100)])
    data = from_numpy(np.arange(4.0), name="iris")
    client.log_inputs(run_id, [DatasetInput(data._to_mlflow_entity(), [InputTag("mlflow.data.context", "training")])])
    for name, text in {
        "top.txt": "top",
        "model/weights.txt": "1 2 3",
        "model/code/deep/er.py": "pass",
        "odd/with space.txt": "a",
        "odd/ünïcödé ☃.txt": "b",
        "odd/plus+and&and=.txt": "c",
        "odd/[brackets] (round), 'quotes'.txt": "d",
        "empty.txt": "",
    }.items():
        client.log_text(run_id, text, name)
    big = folder / "big.bin"
    big.write_bytes(np.random.default_rng(1).bytes(BIG))
    client.log_artifact(run_id, str(big), "heavy")
    client.set_terminated(run_id, "FINISHED", end_time=1_700_000_100_000)
    child = client.create_run(made.experiments["trees"], run_name="child", tags={"mlflow.parentRunId": run_id})
    made.runs["child"] = child.info.run_id
    client.log_metric(child.info.run_id, "loss", 0.1)
    client.set_terminated(child.info.run_id, "FAILED")
    plain = client.create_run("0", run_name="plain")
    made.runs["plain"] = plain.info.run_id
    client.log_text(plain.info.run_id, "forest", "model/weights.txt")


def _logged_models(client: MlflowClient, made: Contents) -> None:
    mlflow.set_experiment("trees")
    for answer in (1, 2):
        fitted = LinearRegression().fit([[0.0], [1.0]], [0.0, float(answer)])
        with mlflow.start_run(run_name=f"training-{answer}") as run:
            mlflow.log_metric("score", answer / 10)
            # Named requirements spare half a minute of finding out.
            info = mlflow.sklearn.log_model(
                fitted, name=f"answers-{answer}", pip_requirements=["scikit-learn"], params={"depth": answer}
            )
            data = from_numpy(np.arange(float(answer)), name="test set")
            mlflow.log_metric("accuracy", 0.9, step=answer, model_id=info.model_id, dataset=data)
        made.runs[f"training-{answer}"] = run.info.run_id
        made.logged_models[f"answers-{answer}"] = info.model_id
    with mlflow.start_run(run_name="evaluation") as run:
        mlflow.log_metric("later", 0.7, model_id=made.logged_models["answers-1"])
        client.log_inputs(run.info.run_id, models=[LoggedModelInput(made.logged_models["answers-1"])])
    made.runs["evaluation"] = run.info.run_id
    client.set_logged_model_tags(made.logged_models["answers-1"], {"kind": "good", "note": "x" * 5_000})
    pending = client.create_logged_model(made.experiments["trees"], name="pending", source_run_id=made.runs["child"])
    made.logged_models["pending"] = pending.model_id
    failed = client.create_logged_model("0", name="failed", params={"a": "b"})
    client.finalize_logged_model(failed.model_id, LoggedModelStatus.FAILED)
    made.logged_models["failed"] = failed.model_id


def _registry(client: MlflowClient, made: Contents) -> None:
    client.create_registered_model("iris", tags={"area": "flowers"}, description="Irises.\n\nMany.")
    model_ids = [made.logged_models["answers-1"], made.logged_models["answers-2"]]
    sources: list[dict[str, Any]] = [
        {"source": f"models:/{model_ids[0]}", "model_id": model_ids[0], "run_id": made.runs["training-1"]},
        {"source": f"runs:/{made.runs['long']}/model", "run_id": made.runs["long"]},
        {"source": f"models:/{model_ids[1]}", "model_id": model_ids[1]},
        {"source": f"runs:/{made.runs['plain']}/model", "run_id": made.runs["plain"], "description": "The fourth."},
        {"source": f"models:/{model_ids[1]}", "model_id": model_ids[1], "tags": {"ok": "yes", "big": "z" * 20_000}},
    ]
    for fields in sources:
        client.create_model_version("iris", **fields)
    client.delete_model_version("iris", "3")
    for version, stage in (("1", "Archived"), ("2", "Staging"), ("4", "Staging"), ("5", "Production")):
        client.transition_model_version_stage("iris", version, stage)
    for alias, version in (("blue", "1"), ("green", "5"), ("champion", "5")):
        client.set_registered_model_alias("iris", alias, version)
    client.create_registered_model("it's a model (copy)")
    client.copy_model_version("models:/iris/2", "it's a model (copy)")
    client.create_registered_model("empty")
    # An address that nothing behind this server answers for.
    client.create_registered_model("elsewhere")
    client.create_model_version("elsewhere", "s3://bucket/models/1")
    mlflow.genai.register_prompt("greeting", "Hello {{name}}", commit_message="first", tags={"tone": "kind"})
    mlflow.genai.register_prompt("greeting", "Good day {{name}}", commit_message="second")
    client.set_prompt_alias("greeting", "live", 2)


def _deleted(client: MlflowClient, made: Contents) -> None:
    run = client.create_run(made.experiments["trees"], run_name="deleted")
    made.runs["deleted"] = run.info.run_id
    client.log_metric(run.info.run_id, "loss", 3.0)
    client.log_text(run.info.run_id, json.dumps({"a": 1}), "kept.json")
    client.set_terminated(run.info.run_id)
    client.delete_run(run.info.run_id)
    lost = client.create_run(made.experiments["gone"], run_name="lost")
    made.runs["lost"] = lost.info.run_id
    client.log_param(lost.info.run_id, "a", "b")
    client.delete_experiment(made.experiments["gone"])
