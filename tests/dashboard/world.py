"""A small registry with something on every page: a version in production, a better one in review, an unsafe one."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Registry, User
from approvals.models import Decision, Review
from approvals.operations.reviews import decide, request_review
from blobs.operations.folders import put_file
from blobs.operations.uploads import store_bytes
from lib.clock import to_ms
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, set_model_tag
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import Origin, create_version
from registry.queries import find_stage
from scanning.models import Finding, Scan, Verdict
from tracking.models import Experiment, Run
from tracking.operations.inputs import DatasetUse, log_inputs
from tracking.operations.measurements import Measurement, log_batch
from tracking.operations.runs import create_run, update_run

DESCRIPTION = """
Scores card payments for fraud, once a payment.

## Intended use
Second look at payments above 50 EUR. **Not** for deciding on accounts.

| set | AUC |
|---|---|
| 2025 Q4 | 0.947 |

Questions to [the team](https://example.org/fraud).
"""
SIGNATURE = {
    "inputs": '[{"type": "double", "name": "amount", "required": true},'
    ' {"type": "long", "name": "hour", "required": true},'
    ' {"type": "string", "name": "country", "required": false}]',
    "outputs": '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]',
}


@dataclass(frozen=True)
class World:
    """What was made; `second` is under review, `third` is unsafe."""

    model: RegisteredModel
    first: ModelVersion
    second: ModelVersion
    third: ModelVersion
    done: Review
    open: Review


def build(registry: Registry, *, scientist: User, reviewer: User) -> World:
    """Play the main story by calling operations."""
    model = create_model(registry, "fraud-score", description=DESCRIPTION, tags={"task": "tabular"}, actor=scientist)
    set_model_tag(model, "team", "payments", actor=scientist)
    first = trained(model, {"auc": 0.912, "log_loss": 0.231}, {"depth": "4", "rate": "0.1"}, scientist)
    judge(first, Verdict.CLEAN)
    production = find_stage(registry, "Production")
    done = request_review(
        first, stage=production, alias="champion", reason="First model that beats the rules.", actor=scientist
    )
    decide(done, Decision.Verdict.APPROVE, comment="Good start.", actor=reviewer)
    second = trained(model, {"auc": 0.947, "log_loss": 0.198, "recall": 0.71}, {"depth": "6", "rate": "0.1"}, scientist)
    judge(second, Verdict.CLEAN)
    if staging := find_stage(registry, "Staging"):
        move_stage(second, staging, actor=scientist)
    move_alias(second, "challenger", actor=scientist)
    asked = request_review(
        second, stage=production, reason="AUC up by 3.5 points on **2025 Q4**; recall is measured now.", actor=scientist
    )
    decide(asked, Decision.Verdict.COMMENT, comment="Was the holiday week part of the test set?", actor=reviewer)
    third = trained(
        model, {"auc": 0.999, "log_loss": 0.01}, {"depth": "99"}, scientist, files={"model.pkl": b"cos\nsystem\n"}
    )
    judge(third, Verdict.UNSAFE)
    return World(model, first, second, third, done, asked)


def trained(
    model: RegisteredModel,
    metrics: Mapping[str, float],
    params: Mapping[str, str],
    actor: User,
    files: Mapping[str, bytes] | None = None,
) -> ModelVersion:
    """A run with these measurements and files, registered as the next version."""
    experiment = Experiment.objects.get(registry=model.registry, is_default=True)
    tags = {"mlflow.source.name": "train.py", "mlflow.source.git.commit": "4f2a" * 10, "data": "payments 2025"}
    run = create_run(experiment, tags=tags, actor=actor)
    points = [Measurement(key, value, to_ms(run.created_at)) for key, value in metrics.items()]
    log_batch(run, metrics=points, params=list(params.items()), actor=actor)
    log_inputs(run, datasets=[DatasetUse("payments", "9d1c03aa", source_type="local")], actor=actor)
    size = sum(len(key) for key in params)
    content = files or {"model.skops": f"{params}".encode() * 400, "MLmodel": b"flavors: {}" + b" " * size}
    for path, data in {"requirements.txt": b"scikit-learn==1.7.2\n", **content}.items():
        put_file(run.folder, path, store_bytes([data], length=len(data), actor=actor), actor=actor)
    update_run(run, status=Run.Status.FINISHED, end_time=(run.start_time or 0) + 83_000, actor=actor)
    return create_version(model, Origin(source=f"runs:/{run.run_id}", run=run, path=""), actor=actor)


def judge(version: ModelVersion, verdict: Verdict) -> None:
    """Store a verdict without looking at the files."""
    scan = Scan.objects.filter(tree=version.tree).latest("pk")
    scan.verdict, scan.finished_at = verdict, version.created_at
    scan.facts = {
        "flavors": {"sklearn": "1.7.2", "python_function": ""},
        "signature": SIGNATURE,
        "python_version": "3.11.2",
    }
    scan.save(update_fields=["verdict", "finished_at", "facts"])
    if verdict == Verdict.UNSAFE:
        Finding.objects.create(
            scan=scan,
            path="model.pkl",
            scanner="pickle",
            severity="unsafe",
            rule="pickle.forbidden",
            message="Loading this file would call os.system.",
            advice="Find out who built this file and how; save the model as skops or safetensors.",
            position="byte 0",
        )
