"""Versions with everything that a bill of materials speaks of, and the official schema to judge it by."""

from collections.abc import Iterable, Mapping
from functools import cache

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.utils import timezone

from accounts.models import User
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import Origin, create_version, describe_version, set_version_tag
from scanning.models import Scan, Verdict
from supply.models import Advisory, Dependency, Package, Vulnerability
from tests.factories.registry import run_with_files
from tracking.models import Dataset, LatestMetric, Param, RunInput, RunTag

FACTS = {
    "license": "apache-2.0",
    "license_from": "README.md",
    "flavors": {"sklearn": "1.7.2", "python_function": ""},
    "python_version": "3.11.9",
    "mlflow_version": "3.4.0",
    "signature": {
        "inputs": '[{"type": "double", "name": "age", "required": true}, {"type": "string", "name": "city"}]',
        "outputs": '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]',
    },
}
PINNED = {"numpy": "2.3.1", "scikit-learn": "1.7.2"}


def full_version(model: RegisteredModel, *, actor: User, files: Mapping[str, bytes] | None = None) -> ModelVersion:
    """A version whose bill lacks nothing."""
    run = run_with_files(model, files or {"model/weights.txt": b"1 2 3", "README.md": b"# Iris"}, actor=actor)
    run.start_time, run.end_time = 1_700_000_000_000, 1_700_000_060_000
    run.save(update_fields=["start_time", "end_time"])
    LatestMetric.objects.create(run=run, key="accuracy", value=0.97, timestamp=1, step=1)
    Param.objects.create(run=run, key="depth", value="3")
    RunTag.objects.create(run=run, key="mlflow.source.git.commit", value="0123456789abcdef0123456789abcdef01234567")
    data = Dataset.objects.create(experiment=run.experiment, name="petals", digest="a1b2c3d4")
    RunInput.objects.create(run=run, dataset=data, tags={"mlflow.data.context": "training"})
    version = create_version(model, Origin(source=f"runs:/{run.run_id}", run=run, path=""), actor=actor)
    describe_version(version, "Tells irises apart.\n\n## Limitations\nIrises only.\n", actor=actor)
    set_version_tag(version, "base_model", "none", actor=actor)
    know(version, FACTS)
    require(version, PINNED)
    version.refresh_from_db()
    return version


def know(version: ModelVersion, facts: Mapping[str, object], verdict: Verdict = Verdict.CLEAN) -> Scan:
    """As if the scan had read these facts."""
    scan = Scan.objects.filter(tree=version.tree).latest("pk")
    scan.facts, scan.verdict, scan.finished_at = dict(facts), verdict, timezone.now()
    scan.rules, scan.allow_list = "1", "2026.11.1"
    scan.save(update_fields=["facts", "verdict", "finished_at", "rules", "allow_list"])
    return scan


def require(version: ModelVersion, pinned: Mapping[str, str], open_ones: Iterable[str] = ()) -> None:
    """As if the files asked for these packages; of the open ones for no particular release."""
    assert version.tree is not None
    for name, release in pinned.items():
        package, _ = Package.objects.get_or_create(name=name, version=release)
        Dependency.objects.create(
            tree=version.tree, path="requirements.txt", name=name, specifier=f"=={release}", package=package
        )
    for name in open_ones:
        Dependency.objects.create(tree=version.tree, path="requirements.txt", name=name, specifier=">=1")


def weaken(
    name: str, release: str, *, identifier: str = "GHSA-aaaa-bbbb-cccc", severity: str = "high"
) -> Vulnerability:
    """As if an advisory were about this release."""
    advisory, _ = Advisory.objects.get_or_create(
        identifier=identifier,
        defaults={
            "modified": timezone.now(),
            "aliases": ["CVE-2026-1"],
            "summary": "It reads what it should not.",
            "severity": severity,
            "score": 8.0,
        },
    )
    return Vulnerability.objects.create(package=Package.objects.get(name=name, version=release), advisory=advisory)


def faults(bill: bytes) -> str:
    """What the official schema of CycloneDX 1.6 has against a bill; empty for nothing."""
    found = _validator().validate_str(bill.decode())
    return str(found)[:2_000] if found else ""


@cache
def _validator() -> JsonStrictValidator:
    return JsonStrictValidator(SchemaVersion.V1_6)
