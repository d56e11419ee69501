"""What follows from what was found: live versions are noted as exposed, and files with malicious packages locked away.

Both are brought in line with the rows that are there, as often as one likes; only differences are written and told of.
Called by operations, within their transaction and while they hold the lock of the current import.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from blobs.models import Tree
from events.kinds import Kind
from events.record import record
from registry.models import ModelVersion
from scanning.models import Quarantine
from scanning.operations.quarantines import lift_quarantine, quarantine_tree
from supply.models import Advisory, Dependency, Exposure, Severity, Vulnerability

AT_ONCE = 200
# Quarantines of ours are those with this cause and the identifier of the advisory.
CAUSE = "malicious:"
M = TypeVar("M", bound=Model)


def note_exposures(versions: QuerySet[ModelVersion], *, actor: User) -> None:
    """Open an exposure for each advisory that is newly about what these live versions require, and close the others."""
    rows = versions.select_related("model").order_by("pk")
    for some in _portions(rows):
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for tree, row, _, _ in _required([version.tree_id for version in some if version.tree_id], Q()):
            found[tree].setdefault(row.advisory_id, row.package_id)
        noted: dict[int, dict[int, Exposure]] = defaultdict(dict)
        for exposure in Exposure.objects.filter(version__in=some, closed_at=None):
            noted[exposure.version_id][exposure.advisory_id] = exposure
        wanted = {version.pk: found.get(version.tree_id or 0, {}) for version in some}
        changed = {pk for version in some for pk in wanted[version.pk].keys() ^ noted[version.pk].keys()}
        advisories = Advisory.objects.defer("document").in_bulk(changed)
        for version in some:
            for pk in wanted[version.pk].keys() - noted[version.pk].keys():
                _open(version, advisories[pk], wanted[version.pk][pk], actor)
            for pk in noted[version.pk].keys() - wanted[version.pk].keys():
                _close(version, advisories[pk], noted[version.pk][pk], actor)


def settle_quarantines(trees: QuerySet[Tree], *, actor: User) -> None:
    """Lock away those of the trees that require a malicious package, and let out those that do so no more."""
    for some in _portions(trees.order_by("pk")):
        by_key = {tree.pk: tree for tree in some}
        wanted: dict[tuple[int, str], str] = {}
        for tree, _, identifier, name in _required(by_key, Q(advisory__severity=Severity.MALICIOUS)):
            reason = f"The files require {name}, a malicious package: {identifier}."
            wanted.setdefault((tree, cause_of(identifier)), reason)
        ours = Quarantine.objects.filter(tree__in=by_key, cause__startswith=CAUSE, lifted_at=None)
        standing = set(ours.values_list("tree", "cause"))
        for tree, cause in sorted(wanted.keys() - standing):
            quarantine_tree(by_key[tree], cause, wanted[tree, cause], actor=actor)
        for tree, cause in sorted(standing - wanted.keys()):
            reason = "No advisory says any more that a package which the files require is malicious."
            lift_quarantine(by_key[tree], cause, reason=reason, actor=actor)


def cause_of(identifier: str) -> str:
    """The cause of the quarantine that an advisory opens."""
    return f"{CAUSE}{identifier}"[:64]


def _required(trees: Iterable[int], which: Q) -> Iterator[tuple[int, Vulnerability, str, str]]:
    """Each open vulnerability of each of these trees, with the identifier of its advisory and the package's name."""
    pairs = Dependency.objects.filter(tree__in=trees).exclude(package=None)
    rows = Vulnerability.objects.filter(which, closed_at=None, package__in=pairs.values("package"))
    found: dict[int, list[tuple[Vulnerability, str, str]]] = defaultdict(list)
    for row in rows.select_related("advisory", "package").defer("advisory__document").order_by("pk"):
        found[row.package_id].append((row, row.advisory.identifier, row.package.name))
    for tree, package in pairs.order_by("tree", "package").values_list("tree", "package").distinct():
        for row, identifier, name in found.get(package or 0, ()):
            yield tree, row, identifier, name


def _open(version: ModelVersion, advisory: Advisory, package: int, actor: User) -> None:
    exposure = Exposure.objects.create(version=version, advisory=advisory, package_id=package)
    _record(Kind.VULNERABILITY_FOUND, exposure, version, advisory, actor)


def _close(version: ModelVersion, advisory: Advisory, exposure: Exposure, actor: User) -> None:
    exposure.closed_at = timezone.now()
    # Nobody is told of the end of what they never heard of.
    exposure.tells_closing, exposure.tells_opening = not exposure.tells_opening, False
    exposure.save(update_fields=["closed_at", "tells_closing", "tells_opening"])
    _record(Kind.VULNERABILITY_CLOSED, exposure, version, advisory, actor)


def _record(kind: Kind, exposure: Exposure, version: ModelVersion, advisory: Advisory, actor: User) -> None:
    record(
        kind,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        advisory=advisory.identifier,
        severity=advisory.severity,
        package=str(exposure.package),
    )


def _portions(rows: QuerySet[M]) -> Iterator[list[M]]:
    """A queryset in the order of its keys, so many rows at once; what is done to them may change what comes later."""
    last = 0
    while some := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield some
        last = some[-1].pk
