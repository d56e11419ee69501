"""What Gatehouse states of a version that it lets go live: where it comes from, and what was known when it did.

The same rows give the same statements, byte for byte.
"""

from typing import Any
from urllib.parse import quote

from django.db.models import Count

from registry.models import ModelVersion, Placement
from scanning.models import Finding, Scan, Waiver
from supply.models import AdvisoryImport

PROVENANCE = "https://slsa.dev/provenance/v1"
VERDICT = "urn:gatehouse:attestation:verdict:v1"
BUILD_TYPE = "urn:gatehouse:build:registration:v1"
# Not a digest of any bytes, so it goes by a name of its own: of the sorted list of paths, sizes and digests.
TREE_DIGEST = "gatehouseTree"
MOST_PARAMETERS = 200


def tree_subject(version: ModelVersion) -> dict[str, Any]:
    """The version as a whole, as a subject beside its files."""
    assert version.tree is not None
    return {"name": urn_of(version), "digest": {TREE_DIGEST: version.tree.digest}}


def provenance(version: ModelVersion, fingerprint: str) -> dict[str, Any]:
    """Where a version comes from, as SLSA provenance v1: its registration is the build, Gatehouse the builder."""
    run = version.source_run
    registry = version.model.registry
    parameters = dict(run.params.order_by("key").values_list("key", "value")[: MOST_PARAMETERS + 1]) if run else {}
    asked: dict[str, Any] = {
        "source": version.source,
        "run_id": run.run_id if run else None,
        "logged_model_id": version.logged_model.model_id if version.logged_model else None,
        "parameters": dict(list(parameters.items())[:MOST_PARAMETERS]),
    }
    if len(parameters) > MOST_PARAMETERS:
        asked["parameters_are_cut"] = True
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": asked,
            "resolvedDependencies": _made_of(version),
        },
        "runDetails": {
            # An installation has no name of its own; its key tells it from every other.
            "builder": {"id": f"urn:gatehouse:builder:{quote(registry.name, safe='')}:{fingerprint}"},
            "metadata": {"invocationId": urn_of(version), "startedOn": version.created_at.isoformat()},
        },
    }


def verdict(version: ModelVersion, placement: Placement) -> dict[str, Any]:
    """What was known of the files when the version was moved, where to, by whom and why."""
    scan = Scan.objects.filter(tree=version.tree_id).order_by("-pk").first()
    return {
        "version": {
            "registry": version.model.registry.name,
            "model": version.model.name,
            "number": version.number,
        },
        "scan": _scan(scan) if scan else None,
        "waivers": _waivers(version),
        "advisories": _advisories(),
        "move": {
            "stage": placement.stage.name if placement.stage else None,
            "alias": placement.alias or None,
            "by": placement.opened_by.username,
            "at": placement.opened_at.isoformat(),
            "reason": placement.reason,
        },
    }


def urn_of(version: ModelVersion) -> str:
    """Names a version across statements."""
    names = (version.model.registry.name, version.model.name, str(version.number))
    return f"urn:gatehouse:version:{':'.join(quote(name, safe='') for name in names)}"


def _made_of(version: ModelVersion) -> list[dict[str, Any]]:
    """Code, data sets, and the version that this one is a copy of."""
    found: list[dict[str, Any]] = []
    if version.git_commit:
        found.append({"name": "code", "digest": {"gitCommit": version.git_commit}})
    # MLflow's digest of a data set is of no published kind.
    used = version.datasets.order_by("name", "digest").values_list("name", "digest")
    found += [{"name": name, "digest": {"mlflow": digest}} for name, digest in used]
    if (source := version.copied_from) is not None:
        tree = {TREE_DIGEST: source.tree.digest} if source.tree else {}
        found.append({"uri": urn_of(source), "digest": tree})
    return found


def _scan(scan: Scan) -> dict[str, Any]:
    counted = Finding.objects.filter(scan=scan).order_by("severity").values("severity")
    return {
        "verdict": scan.verdict,
        "engine": scan.engine,
        "rules": scan.rules,
        "allow_list": scan.allow_list,
        "finished_at": scan.finished_at.isoformat() if scan.finished_at else None,
        "findings": {row["severity"]: row["count"] for row in counted.annotate(count=Count("pk"))},
    }


def _waivers(version: ModelVersion) -> list[dict[str, Any]]:
    """Those of this registry that hold for these files now."""
    rows = Waiver.objects.filter(tree=version.tree_id, registry=version.model.registry_id, withdrawn_at=None)
    return [
        {
            "findings": len(waiver.keys),
            "reason": waiver.reason,
            "granted_by": waiver.granted_by.username,
            "granted_at": waiver.granted_at.isoformat(),
            "ends_at": waiver.ends_at.isoformat() if waiver.ends_at else None,
        }
        for waiver in rows.select_related("granted_by").order_by("pk")
        if waiver.is_in_force
    ]


def _advisories() -> dict[str, Any] | None:
    """Which advisories the requirements of versions were compared with, if any were imported."""
    current = AdvisoryImport.objects.filter(is_current=True).first()
    if current is None:
        return None
    return {
        "digest": {"sha256": current.digest},
        "newest": current.newest_modified.isoformat(),
        "imported_at": current.at.isoformat(),
    }
