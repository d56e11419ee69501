"""Everything that a server holds, read with the real client, in a form in which two servers can be compared."""

import hashlib
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.entities import LoggedModel, Run, ViewType
from mlflow.entities.model_registry import ModelVersion

Read = dict[str, Any]


def read(url: str) -> Read:
    """Experiments by name, runs and logged models by id, models and prompts by name, each with its parts and files."""
    mlflow.set_tracking_uri(url)
    client = MlflowClient(url)
    try:
        experiments = client.search_experiments(view_type=ViewType.ALL)
        numbers = [experiment.experiment_id for experiment in experiments]
        names = {experiment.experiment_id: experiment.name for experiment in experiments}
        runs = client.search_runs(numbers, run_view_type=ViewType.ALL, max_results=1_000)
        models = client.search_registered_models()
        prompts = client.search_registered_models("tags.`mlflow.prompt.is_prompt` = 'true'")
        return {
            "experiments": {
                row.name: (row.tags, row.lifecycle_stage, row.creation_time if row.name != "Default" else None)
                for row in experiments
            },
            "runs": {run.info.run_id: _run(client, run, names) for run in runs},
            "logged models": {
                row.model_id: _logged_model(row, names)
                for row in client.search_logged_models(numbers, max_results=1_000)
            },
            "models": {
                row.name: {
                    "description": row.description or "",
                    "tags": row.tags,
                    "created": row.creation_timestamp,
                    "aliases": row.aliases,
                    "versions": {
                        version.version: _version(version, has_files=row in models)
                        for version in client.search_model_versions(_versions_of(row.name, is_prompt=row in prompts))
                    },
                }
                for row in [*models, *prompts]
            },
            "texts": {number: mlflow.genai.load_prompt(f"prompts:/greeting/{number}").template for number in (1, 2)}
            if prompts
            else {},
        }
    finally:
        mlflow.set_tracking_uri("")


def _run(client: MlflowClient, run: Run, names: dict[str, str]) -> Read:
    info, inputs, outputs = run.info, run.inputs, run.outputs
    return {
        "experiment": names[info.experiment_id],
        "name": info.run_name,
        "status": info.status,
        "stage": info.lifecycle_stage,
        "times": (info.start_time, info.end_time),
        "user": info.user_id,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: _number(value) for key, value in run.data.metrics.items()},
        "history": {
            key: [
                (point.timestamp, point.step, _number(point.value))
                for point in client.get_metric_history(info.run_id, key)
            ]
            for key in run.data.metrics
        },
        "data sets": [
            (vars(use.dataset), sorted((tag.key, tag.value) for tag in use.tags))
            for use in (inputs.dataset_inputs if inputs else [])
        ],
        "models used": sorted(use.model_id for use in (inputs.model_inputs if inputs else [])),
        "models made": sorted((made.model_id, made.step) for made in (outputs.model_outputs if outputs else [])),
        "files": _files(info.artifact_uri),
    }


def _logged_model(row: LoggedModel, names: dict[str, str]) -> Read:
    return {
        "experiment": names[row.experiment_id],
        "name": row.name,
        "type": row.model_type or "",
        "status": str(row.status),
        "run": row.source_run_id or "",
        "created": row.creation_timestamp,
        "params": row.params,
        "tags": row.tags,
        "metrics": sorted(
            (one.key, _number(one.value), one.timestamp, one.step, one.run_id, one.dataset_name, one.dataset_digest)
            for one in row.metrics or []
        ),
        "files": _files(row.artifact_location),
    }


def _version(version: ModelVersion, *, has_files: bool) -> Read:
    is_here = has_files and not (version.source or "").startswith("s3:")
    return {
        "description": version.description or "",
        "tags": version.tags,
        "source": version.source,
        "run": version.run_id or "",
        "stage": version.current_stage,
        "created": version.creation_timestamp,
        "files": _files(f"models:/{version.name}/{version.version}") if is_here else {},
    }


def _files(uri: str) -> dict[str, str]:
    """Digests by path. The client notes where a downloaded model came from; that is its own file."""
    if not list_artifacts(artifact_uri=uri):
        return {}
    with TemporaryDirectory() as folder:
        top = Path(download_artifacts(artifact_uri=uri, dst_path=folder))
        return {
            str(path.relative_to(top)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(top.rglob("*"))
            if path.is_file() and path.name != "registered_model_meta"
        }


def _versions_of(name: str, *, is_prompt: bool) -> str:
    quote = '"' if "'" in name else "'"
    return f"name = {quote}{name}{quote}" + " AND tags.`mlflow.prompt.is_prompt` = 'true'" * is_prompt


def _number(value: float) -> float | str:
    return "NaN" if math.isnan(value) else value
