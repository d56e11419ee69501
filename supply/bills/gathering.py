"""Reads from the tables what a bill of materials is made of. Who may see the version was asked before."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from registry.models import ModelTag, ModelVersion, VersionTag
from registry.queries import Lineage, lineage_of
from scanning.models import OPEN_VERDICTS, Scan, Verdict
from scanning.queries import waived_keys
from supply.bills.facts import Ancestor, DataSet, Facts, File, Measure, Opinion, Package, Training, Weakness
from supply.licences.queries import decisive, stated_licences
from supply.models import Dependency, Vulnerability
from tracking.models import RunInput

DATA_CONTEXT = "mlflow.data.context"
# Tags that people say these things with, the first one that is there counts; of the version, then of the model.
_TAGS = {
    "task": ("task", "pipeline_tag"),
    "architecture_family": ("architecture_family",),
    "architecture": ("architecture",),
}
BASE_MODEL_TAGS = ("base_model", "base-model")
SCRATCH_TAG = "trained_from_scratch"
_SCRATCH_WORDS = frozenset({"none", "scratch", "from scratch"})
_MOST_COLUMNS = 500


def gather(version: ModelVersion, *, actor: User) -> Facts:
    """Everything about the version, of its origin only what this actor sees. A fixed number of queries."""
    lineage = lineage_of(version, actor=actor)
    scans = list(Scan.objects.filter(tree=version.tree_id).order_by("-pk")[:5]) if version.tree_id else []
    facts = _scan_facts(scans)
    tags = _tags(version)
    card, signature, flavours = (_mapping(facts, name) for name in ("card", "signature", "flavors"))
    bases = _base_models(tags, card)
    packages, weaknesses = _requirements(version)
    return Facts(
        registry=version.model.registry.name,
        model=version.model.name,
        number=version.number,
        created_at=version.created_at,
        description=version.description or version.model.description,
        authors=_authors(version, lineage),
        owner=version.model.owner.name,
        licence=decisive(stated_licences(version, facts)),
        tree=version.tree.digest if version.tree else "",
        files=_files(version),
        packages=packages,
        weaknesses=weaknesses,
        datasets=_datasets(lineage),
        measures=_measures(version, lineage),
        parameters=_parameters(version, lineage),
        training=_training(lineage),
        commit=version.git_commit,
        ancestors=(*_copied(lineage), *(Ancestor(name) for name in bases)),
        is_from_scratch=_is_from_scratch(tags),
        inputs=_columns(signature.get("inputs")),
        outputs=_columns(signature.get("outputs")),
        flavours=tuple((str(name), str(known)) for name, known in flavours.items()),
        python=str(facts.get("python_version") or ""),
        mlflow=str(facts.get("mlflow_version") or ""),
        opinion=_opinion(scans),
        hides_origin=_hides(version, lineage),
        **{name: _tagged(tags, keys) or str(card.get(keys[-1]) or "") for name, keys in _TAGS.items()},
    )


def _scan_facts(scans: Iterable[Scan]) -> dict[str, Any]:
    """Those of the last scan that read the files, also while the next one is still to come."""
    shut = (*OPEN_VERDICTS, Verdict.FAILED)
    facts: object = next((scan.facts for scan in scans if scan.verdict not in shut), {})
    return facts if isinstance(facts, dict) else {}


def _mapping(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def _opinion(scans: Iterable[Scan]) -> Opinion | None:
    scan = next((scan for scan in scans if not scan.is_open), None)
    return Opinion(scan.verdict, scan.engine, scan.rules, scan.allow_list) if scan else None


def _tags(version: ModelVersion) -> dict[str, str]:
    """Those of the model, and over them those of the version."""
    keys = [*(key for keys in _TAGS.values() for key in keys), *BASE_MODEL_TAGS, SCRATCH_TAG]
    of_model = ModelTag.objects.filter(model=version.model_id, key__in=keys).values_list("key", "value")
    of_version = VersionTag.objects.filter(version=version, key__in=keys).values_list("key", "value")
    return {**dict(of_model), **dict(of_version)}


def _tagged(tags: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((tags[key][:500] for key in keys if tags.get(key)), "")


def _base_models(tags: Mapping[str, str], card: Mapping[str, Any]) -> list[str]:
    """Names of models that this one was made from: a tag, or what the card and the configuration in the files say."""
    if said := _tagged(tags, BASE_MODEL_TAGS):
        return (
            [] if said.strip().lower() in _SCRATCH_WORDS else [name.strip() for name in said.split(",") if name.strip()]
        )
    named = card.get("base_model")
    return [str(name)[:500] for name in named if name] if isinstance(named, list) else []


def _is_from_scratch(tags: Mapping[str, str]) -> bool:
    said = _tagged(tags, BASE_MODEL_TAGS).strip().lower()
    return said in _SCRATCH_WORDS or tags.get(SCRATCH_TAG, "").strip().lower() in ("true", "yes", "1")


def _authors(version: ModelVersion, lineage: Lineage) -> tuple[str, ...]:
    names = [version.uploader.name]
    if lineage.run:
        names.append(lineage.run.created_by.name)
    return tuple(names)


def _files(version: ModelVersion) -> tuple[File, ...]:
    if version.tree is None:
        return ()
    rows = version.tree.files.values_list("path", "blob__sha256", "blob__size")
    return tuple(File(*row) for row in rows)


def _requirements(
    version: ModelVersion,
) -> tuple[tuple[tuple[Package, tuple[str, ...]], ...], tuple[Weakness, ...]]:
    """The packages with the files that name them, and what is known against them."""
    if version.tree_id is None:
        return (), ()
    places: dict[Package, list[str]] = {}
    releases: dict[int, set[Package]] = {}
    for row in Dependency.objects.filter(tree=version.tree_id).select_related("package"):
        release = row.package.version if row.package else ""
        name = row.package.name if row.package else row.name
        # Where no release is named, whatever fits the requirement would be installed.
        package = Package(row.ecosystem, name, release, "" if release else row.specifier)
        places.setdefault(package, []).append(row.path)
        if row.package_id:
            releases.setdefault(row.package_id, set()).add(package)
    waived = waived_keys(version.tree, version.model.registry_id)
    known = Vulnerability.objects.filter(package__in=releases, closed_at=None, advisory__withdrawn=None)
    rows = known.select_related("advisory", "package").defer("advisory__document")
    weaknesses = tuple(
        _weakness(row, package, row.key in waived) for row in rows for package in releases[row.package_id]
    )
    return tuple((package, tuple(paths)) for package, paths in places.items()), weaknesses


def _weakness(row: Vulnerability, package: Package, is_waived: bool) -> Weakness:
    advisory = row.advisory
    return Weakness(
        identifier=advisory.identifier,
        aliases=tuple(map(str, advisory.aliases)) if isinstance(advisory.aliases, list) else (),
        summary=advisory.summary,
        severity=advisory.severity,
        score=advisory.score,
        modified=advisory.modified,
        package=package,
        is_waived=is_waived,
    )


def _datasets(lineage: Lineage) -> tuple[DataSet, ...]:
    uses: dict[int, str] = {}
    if lineage.run and lineage.datasets:
        rows = RunInput.objects.filter(run=lineage.run, dataset__in=[row.pk for row in lineage.datasets])
        uses = {row.dataset_id: str(row.tags.get(DATA_CONTEXT, "")) for row in rows if isinstance(row.tags, dict)}
    return tuple(DataSet(row.name, row.digest, uses.get(row.pk, "")) for row in lineage.datasets)


def _measures(version: ModelVersion, lineage: Lineage) -> tuple[Measure, ...]:
    """The latest value of each metric of the run; of the logged model, the latest for each data set."""
    run = version.source_run
    latest = {(row.key, ""): _spelled(row.number) for row in run.metrics.all()} if run else {}
    if lineage.logged_model:
        for point in lineage.logged_model.metrics.order_by("step", "timestamp", "pk"):
            latest[point.key, point.dataset_name] = _spelled(point.number)
    return tuple(Measure(name, value, data) for (name, data), value in latest.items())


def _spelled(number: float) -> str:
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _parameters(version: ModelVersion, lineage: Lineage) -> tuple[tuple[str, str], ...]:
    if version.source_run:
        return tuple(version.source_run.params.values_list("key", "value"))
    return tuple(lineage.logged_model.params.values_list("key", "value")) if lineage.logged_model else ()


def _training(lineage: Lineage) -> Training | None:
    run = lineage.run
    return Training(run.run_id, run.name, run.start_time, run.end_time) if run else None


def _copied(lineage: Lineage) -> list[Ancestor]:
    source = lineage.copied_from
    return [Ancestor(source.model.name, str(source.number), source.model.registry.name)] if source else []


def _hides(version: ModelVersion, lineage: Lineage) -> bool:
    return bool(
        (version.source_run_id and not lineage.run)
        or (version.logged_model_id and not lineage.logged_model)
        or (version.copied_from_id and not lineage.copied_from)
    )


def _columns(text: object) -> tuple[str, ...]:
    """Name and type of each column in MLflow's JSON of a schema; it comes from a file, so its shape is not certain."""
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return ()
    rows = (
        [column for column in columns[:_MOST_COLUMNS] if isinstance(column, dict)] if isinstance(columns, list) else []
    )
    return tuple(f"{row.get('name', f'column {place}')}: {_kind(row)}"[:500] for place, row in enumerate(rows))


def _kind(column: Mapping[str, Any]) -> str:
    tensor = column.get("tensor-spec")
    if isinstance(tensor, dict):
        return f"{tensor.get('dtype', 'tensor')} {tensor.get('shape', '')}".strip()
    return f"{column.get('type', 'any')}{'' if column.get('required', True) else ', optional'}"
