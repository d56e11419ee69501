"""What Gatehouse states of a version that it lets go live: where it comes from, and what was known when it did.

The same facts give the same statements, byte for byte.
"""

from typing import Any
from urllib.parse import quote

from registry.models import ModelVersion
from scanning.models import Scan, Waiver
from supply.facts import MOST_PARAMETERS, Facts, findings_of, present_advisories

PROVENANCE = "https://slsa.dev/provenance/v1"
VERDICT = "urn:gatehouse:attestation:verdict:v1"
BUILD_TYPE = "urn:gatehouse:build:registration:v1"
# Not a digest of any bytes, so it goes by a name of its own: of the sorted list of paths, sizes and digests.
TREE_DIGEST = "gatehouseTree"


def tree_subject(version: ModelVersion) -> dict[str, Any]:
    """The version as a whole, as a subject beside its files."""
    assert version.tree is not None
    return {"name": urn_of(version), "digest": {TREE_DIGEST: version.tree.digest}}


def provenance(facts: Facts, fingerprint: str) -> dict[str, Any]:
    """Where a version comes from, as SLSA provenance v1: its registration is the build, Gatehouse the builder."""
    version = facts.version
    run = version.source_run
    asked: dict[str, Any] = {
        "source": version.source,
        "run_id": run.run_id if run else None,
        "logged_model_id": version.logged_model.model_id if version.logged_model else None,
        "parameters": dict(list(facts.parameters.items())[:MOST_PARAMETERS]),
    }
    if len(facts.parameters) > MOST_PARAMETERS:
        asked["parameters_are_cut"] = True
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": asked,
            "resolvedDependencies": _made_of(facts),
        },
        "runDetails": {
            # An installation has no name of its own; its key tells it from every other.
            "builder": {"id": f"urn:gatehouse:builder:{quote(version.model.registry.name, safe='')}:{fingerprint}"},
            "metadata": {"invocationId": urn_of(version), "startedOn": version.created_at.isoformat()},
        },
    }


def verdict(facts: Facts) -> dict[str, Any]:
    """What was known of the files when the version was moved, where to, by whom and why."""
    version, placement, scan = facts.version, facts.placement, facts.scan()
    return {
        "version": {
            "registry": version.model.registry.name,
            "model": version.model.name,
            "number": version.number,
        },
        "scan": _scan(scan) if scan else None,
        "waivers": [_waiver(waiver) for waiver in facts.waivers()],
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


def _made_of(facts: Facts) -> list[dict[str, Any]]:
    """Code, data sets, and the version that this one is a copy of."""
    version = facts.version
    found: list[dict[str, Any]] = []
    if version.git_commit:
        found.append({"name": "code", "digest": {"gitCommit": version.git_commit}})
    # MLflow's digest of a data set is of no published kind.
    found += [{"name": used["name"], "digest": {"mlflow": used["digest"]}} for used in facts.datasets]
    if (source := version.copied_from) is not None:
        tree = {TREE_DIGEST: source.tree.digest} if source.tree else {}
        found.append({"uri": urn_of(source), "digest": tree})
    return found


def _scan(scan: Scan) -> dict[str, Any]:
    return {
        "verdict": scan.verdict,
        "engine": scan.engine,
        "rules": scan.rules,
        "allow_list": scan.allow_list,
        "finished_at": scan.finished_at.isoformat() if scan.finished_at else None,
        "findings": findings_of(scan),
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "findings": len(waiver.keys),
        "reason": waiver.reason,
        "granted_by": waiver.granted_by.username,
        "granted_at": waiver.granted_at.isoformat(),
        "ends_at": waiver.ends_at.isoformat() if waiver.ends_at else None,
    }


def _advisories() -> dict[str, Any] | None:
    """Which advisories the requirements of versions were compared with, if any were imported."""
    current = present_advisories()
    if current is None:
        return None
    return {
        "digest": {"sha256": current.digest},
        "newest": current.newest_modified.isoformat(),
        "imported_at": current.at.isoformat(),
    }
