"""Vulnerabilities over all versions of a registry, as somebody may see them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Registry, User
from registry.models import ModelVersion, Placement
from registry.queries import live, open_placements, versions_for
from scanning.models import Waiver
from supply.audit.osv import WEIGHTS, normalised, worst
from supply.audit.vulnerabilities import is_waived, same_issues
from supply.models import Dependency, Severity, Vulnerability

MOST_PACKAGES = 5


@dataclass(frozen=True)
class VulnerableVersion:
    """A version, where it stands, and how bad it is: issues that nobody has waived by severity, and how many are."""

    version: ModelVersion
    held: list[Placement]
    is_live: bool
    worst: Severity
    counts: dict[Severity, int]
    waived: int
    packages: list[str]

    @property
    def count(self) -> int:
        """How many issues nobody has waived."""
        return sum(self.counts.values())

    @property
    def named(self) -> list[str]:
        """A few of the packages."""
        return self.packages[:MOST_PACKAGES]

    @property
    def unnamed(self) -> int:
        """How many there are besides."""
        return len(self.packages) - len(self.named)


def vulnerable_versions(
    registry: Registry, *, severity: Severity | None = None, package: str = "", live_only: bool = True, actor: User
) -> QuerySet[ModelVersion]:
    """The versions that the actor sees in a registry found before, and that require something vulnerable.

    Of at least this severity, if one is named, and in this package. Waived ones are among them.
    """
    found = Vulnerability.objects.filter(_at_least(severity), closed_at=None, package=OuterRef("package"))
    required = Dependency.objects.filter(Exists(found), tree=OuterRef("tree"))
    if package:
        required = required.filter(name=normalised(package.strip()[:214]))
    rows = versions_for(actor).filter(Exists(required), model__registry=registry)
    return live(rows) if live_only else rows


def summed_up(
    versions: Sequence[ModelVersion], *, severity: Severity | None = None, package: str = ""
) -> list[VulnerableVersion]:
    """What is to be said of each of these versions of one registry, in a few queries for all."""
    held = open_placements(versions)
    required = Dependency.objects.filter(tree__in={version.tree_id for version in versions}).exclude(package=None)
    if package:
        required = required.filter(name=normalised(package.strip()[:214]))
    rows = Vulnerability.objects.filter(_at_least(severity), closed_at=None, package__in=required.values("package"))
    by_package: dict[int, list[Vulnerability]] = defaultdict(list)
    for row in rows.select_related("advisory", "package").defer("advisory__document"):
        by_package[row.package_id].append(row)
    by_tree: dict[int, list[Vulnerability]] = defaultdict(list)
    for tree, one in required.order_by().values_list("tree", "package").distinct():
        by_tree[tree].extend(by_package.get(one or 0, ()))
    waived = _waived(versions)
    return [
        _summary(version, by_tree[version.tree_id or 0], waived[version.tree_id or 0], held.get(version.pk, []))
        for version in versions
    ]


def _summary(
    version: ModelVersion,
    rows: list[Vulnerability],
    waived: set[str],
    held: list[Placement],
) -> VulnerableVersion:
    counts: Counter[Severity] = Counter()
    accepted = 0
    for same in same_issues(rows):
        if any(is_waived(row, waived) for row in same):
            accepted += 1
        else:
            counts[worst(Severity(row.advisory.severity) for row in same)] += 1
    return VulnerableVersion(
        version=version,
        held=held,
        is_live=any(place.alias or place.is_live for place in held),
        worst=worst(Severity(row.advisory.severity) for row in rows),
        counts={severity: counts[severity] for severity in reversed(WEIGHTS) if counts[severity]},
        waived=accepted,
        packages=sorted({row.package.name for row in rows}),
    )


def _waived(versions: Sequence[ModelVersion]) -> dict[int, set[str]]:
    """The keys that waivers in force cover, by the key of the tree."""
    registries = {version.model.registry_id for version in versions}
    in_force = Waiver.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=timezone.now()),
        registry__in=registries,
        tree__in={version.tree_id for version in versions},
        withdrawn_at=None,
    )
    found: dict[int, set[str]] = defaultdict(set)
    for tree, keys in in_force.values_list("tree", "keys"):
        found[tree].update(keys)
    return found


def _at_least(severity: Severity | None) -> Q:
    if severity is None:
        return Q()
    wanted = [one.value for one in WEIGHTS[WEIGHTS.index(severity) :]]
    # What nobody has rated counts as medium.
    if WEIGHTS.index(severity) <= WEIGHTS.index(Severity.MEDIUM):
        wanted.append(Severity.UNKNOWN.value)
    return Q(advisory__severity__in=wanted)
