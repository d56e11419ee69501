"""What is stated of a version that goes live, read in a few statements: it happens inside every such move."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import BigIntegerField, CharField, Count, Exists, OuterRef

from blobs.models import TreeFile
from lib.json_lists import JsonList
from lib.statements import Blank, Statement
from registry.models import ModelVersion, Placement
from scanning.models import Finding, Scan, Waiver
from supply.models import AdvisoryImport, Attestation
from tracking.models import Param

MOST_PARAMETERS = 200
# What the statements name of a version, fetched along with its placement.
_NAMED = (
    "stage",
    "opened_by",
    "version__model__registry",
    "version__tree",
    "version__source_run",
    "version__logged_model",
    "version__copied_from__model__registry",
    "version__copied_from__tree",
)


@dataclass(frozen=True)
class Facts:
    """A placement with its version, where that comes from, and what is known of its files."""

    placement: Placement
    version: ModelVersion
    is_attested: bool
    # One more than is stated, to tell when some are left out.
    parameters: Mapping[str, str]
    datasets: list[Mapping[str, str]]

    def files(self) -> dict[str, str]:
        """The SHA-256 of each file, by path."""
        return {row.path: row.blob__sha256 for row in _files.all(tree=self.version.tree_id)}

    def scan(self) -> Scan | None:
        """The newest scan of the files."""
        return _scan.first(tree=self.version.tree_id)

    def waivers(self) -> list[Waiver]:
        """Those of this registry that hold for these files now."""
        found = _waivers.all(tree=self.version.tree_id, registry=self.version.model.registry_id)
        return [waiver for waiver in found if waiver.is_in_force]


def facts_of(placement: Placement) -> Facts:
    """What is known at this moment."""
    found: Any = _placed.all(placement=placement.pk)[0]
    parameters = orjson.loads(found.parameters_json or "[]")
    return Facts(
        placement=found,
        version=found.version,
        is_attested=found.is_attested,
        parameters={entry["key"]: entry["value"] for entry in parameters},
        datasets=orjson.loads(found.datasets_json or "[]"),
    )


def standing_now(version: ModelVersion, alias: str) -> Placement | None:
    """Where the version stands on the ladder, or under this alias."""
    return _standing.first(version=version.pk, alias=alias)


def findings_of(scan: Scan) -> dict[str, int]:
    """How many findings of each weight a scan has."""
    return {row.severity: row.count for row in _findings.all(scan=scan.pk)}


def present_advisories() -> AdvisoryImport | None:
    """What requirements are compared with now."""
    return _advisories.first()


_USED = ModelVersion.datasets.through.objects.filter(modelversion=OuterRef("version"))
_placed: Statement[Any] = Statement(
    lambda: (
        Placement.objects.filter(pk=Blank("placement", BigIntegerField()))
        .select_related(*_NAMED)
        .annotate(
            is_attested=Exists(Attestation.objects.filter(placement=OuterRef("pk"))),
            parameters_json=JsonList(
                Param.objects.filter(run=OuterRef("version__source_run")).order_by("key")[: MOST_PARAMETERS + 1],
                key="key",
                value="value",
            ),
            datasets_json=JsonList(
                _USED.order_by("dataset__name", "dataset__digest"), name="dataset__name", digest="dataset__digest"
            ),
        )
    )
)
_TREE = Blank("tree", BigIntegerField())
_standing: Statement[Placement] = Statement(
    lambda: Placement.objects.select_related("stage").filter(
        version=Blank("version", BigIntegerField()), alias=Blank("alias", CharField()), closed_at=None
    )
)
_files: Statement[Any] = Statement(
    lambda: TreeFile.objects.filter(tree=_TREE).values_list("path", "blob__sha256", named=True)
)
_scan: Statement[Scan] = Statement(lambda: Scan.objects.filter(tree=_TREE).order_by("-pk")[:1])
_findings: Statement[Any] = Statement(
    lambda: (
        Finding.objects.filter(scan=Blank("scan", BigIntegerField()))
        .order_by("severity")
        .values("severity")
        .annotate(count=Count("pk"))
        .values_list("severity", "count", named=True)
    )
)
_waivers: Statement[Waiver] = Statement(
    lambda: (
        Waiver.objects.select_related("granted_by")
        .filter(tree=_TREE, registry=Blank("registry", BigIntegerField()), withdrawn_at=None)
        .order_by("pk")
    )
)
_advisories: Statement[AdvisoryImport] = Statement(lambda: AdvisoryImport.objects.filter(is_current=True))
