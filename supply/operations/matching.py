"""What files require becomes rows, and rows are matched with the advisories: what is new at once, all after an import.

Whoever matches or imports locks the row of the current import first, so that there is one at a time. What is found in a
package, what follows from it, and the mark that the package is matched are stored together or not at all: a worker that
is killed has either told of something or not, and the next one goes on with the packages that carry no mark.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import Tree
from registry.models import ModelVersion
from registry.queries import live
from scanning.models import OPEN_VERDICTS, Scan
from supply.audit.exposures import note_exposures, settle_quarantines
from supply.audit.matcher import Affected, read_affected
from supply.audit.osv import normalised
from supply.models import Advisory, AdvisoryImport, AffectedPackage, Dependency, Package, Severity, Vulnerability

AT_ONCE = 200
MOST_TREES = 500
PYPI = "pypi"
_LONGEST = {"path": 1024, "ecosystem": 16, "name": 214, "specifier": 512, "version": 128}
Entry = tuple[str, str, str, str, str]


@transaction.atomic
def store_dependencies(scan: Scan, *, actor: User) -> None:
    """Keep what this scan says that the files require, in place of what an earlier one said, and match what is new.

    Nothing happens for a scan that says nothing about it, or where a later one has.
    """
    access.require(actor, Right.ADMINISTER, None)
    scan.refresh_from_db(fields=["facts", "verdict"])
    said = scan.facts.get("dependencies") if isinstance(scan.facts, dict) else None
    if not isinstance(said, list) or _is_outdone(scan):
        return
    current = _lock()
    entries = _entries(said)
    packages = _packages({(name, version) for _, ecosystem, name, _, version in entries if ecosystem == PYPI})
    stored = {
        (row.path, row.ecosystem, row.name, row.specifier, row.package_id): row.pk
        for row in Dependency.objects.filter(tree=scan.tree_id)
    }
    wanted = {
        (path, ecosystem, name, specifier, packages[name, version].pk if ecosystem == PYPI else None)
        for path, ecosystem, name, specifier, version in entries
    }
    Dependency.objects.filter(pk__in=[pk for mark, pk in stored.items() if mark not in wanted]).delete()
    Dependency.objects.bulk_create(
        (
            Dependency(
                tree_id=scan.tree_id, path=path, ecosystem=ecosystem, name=name, specifier=specifier, package_id=pk
            )
            for path, ecosystem, name, specifier, pk in sorted(wanted - stored.keys(), key=str)
        ),
        batch_size=500,
    )
    if current:
        waiting = [package for package in packages.values() if package.matched_with_id != current.pk]
        for package, (opened, closed) in _differences(waiting).items():
            _apply(package, opened, closed)
        Package.objects.filter(pk__in=[package.pk for package in waiting]).update(matched_with=current)
    note_exposures(_live_versions().filter(tree=scan.tree_id), actor=actor)
    settle_quarantines(Tree.objects.filter(pk=scan.tree_id), actor=actor)


@transaction.atomic
def match_again(packages: QuerySet[Package], *, actor: User) -> int:
    """Have the next sweep match these packages with the advisories once more; says how many they are."""
    access.require(actor, Right.ADMINISTER, None)
    return packages.update(matched_with=None)


@transaction.atomic
def match_packages(*, actor: User) -> int:
    """Match the next packages that were not matched with the current advisories; says how many, 0 at the end."""
    access.require(actor, Right.ADMINISTER, None)
    current = _lock()
    if current is None:
        return 0
    waiting = _waiting(current)
    if not waiting and current.matched_at is None:
        AdvisoryImport.objects.filter(pk=current.pk).update(matched_at=timezone.now())
    differences = _differences(waiting)
    later = _too_much_at_once(list(differences))
    changed = {package: found for package, found in differences.items() if package.pk not in later}
    for package, (opened, closed) in changed.items():
        _apply(package, opened, closed)
    if changed:
        _settle(changed, actor)
    done = [package.pk for package in waiting if package.pk not in later]
    Package.objects.filter(pk__in=done).update(matched_with=current)
    return len(done)


def _settle(changed: Mapping[Package, tuple[set[int], set[int]]], actor: User) -> None:
    """What follows for the versions that require these packages."""
    trees = Dependency.objects.filter(package__in=changed).values("tree")
    note_exposures(_live_versions().filter(tree__in=trees), actor=actor)
    bad = set(Advisory.objects.filter(_any_of(changed), severity=Severity.MALICIOUS).values_list("pk", flat=True))
    locked = [package.pk for package, (opened, closed) in changed.items() if bad & (opened | closed)]
    if locked:
        trees = Dependency.objects.filter(package__in=locked).values("tree")
        settle_quarantines(Tree.objects.filter(pk__in=trees), actor=actor)


def _any_of(changed: Mapping[Package, tuple[set[int], set[int]]]) -> Q:
    return Q(pk__in={pk for opened, closed in changed.values() for pk in opened | closed})


def _too_much_at_once(packages: Sequence[Package]) -> set[int]:
    """The keys of packages to be left for the next time, as so many live versions require those before them.

    Others wait for this transaction, and much may follow from one package; but one at least is done.
    """
    trees = _live_versions().values("tree")
    rows = Dependency.objects.filter(package__in=packages, tree__in=trees).order_by().values("package")
    counts = dict(rows.annotate(count=Count("tree", distinct=True)).values_list("package", "count"))
    later: set[int] = set()
    total = 0
    for package in packages:
        total += counts.get(package.pk, 0)
        if total > MOST_TREES and package != packages[0]:
            later.add(package.pk)
    return later


def _lock() -> AdvisoryImport | None:
    return AdvisoryImport.objects.select_for_update().filter(is_current=True).first()


def _waiting(current: AdvisoryImport) -> list[Package]:
    """The next ones without the mark of the current import; those never matched come first."""
    never = list(Package.objects.filter(matched_with=None).order_by("pk")[:AT_ONCE])
    # Imports are numbered in their order, so this reads no row that is done.
    return never or list(Package.objects.filter(matched_with__lt=current.pk).order_by("matched_with")[:AT_ONCE])


def _differences(packages: Sequence[Package]) -> dict[Package, tuple[set[int], set[int]]]:
    """For each package with any: the keys of the advisories that are newly about it, and of those that are no more."""
    by_name: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        by_name[package.name].append(package)
    wanted: dict[int, set[int]] = defaultdict(set)
    rows = AffectedPackage.objects.filter(package__in=by_name, advisory__withdrawn=None, advisory__gone_at=None)
    for name, advisory, ranges, versions, severity in rows.values_list(
        "package", "advisory", "ranges", "versions", "advisory__severity"
    ).iterator(chunk_size=500):
        affected = _read(ranges, versions, severity)
        for package in by_name[name]:
            if affected.concerns(package.version):
                wanted[package.pk].add(advisory)
    found: dict[int, set[int]] = defaultdict(set)
    standing = Vulnerability.objects.filter(package__in=packages, closed_at=None)
    for package_id, advisory in standing.values_list("package", "advisory"):
        found[package_id].add(advisory)
    differences = {
        package: (wanted[package.pk] - found[package.pk], found[package.pk] - wanted[package.pk])
        for package in packages
    }
    return {package: (opened, closed) for package, (opened, closed) in differences.items() if opened or closed}


def _read(ranges: Iterable[Mapping[str, Any]], versions: Iterable[str], severity: str) -> Affected:
    return read_affected(ranges, versions, is_malicious=severity == Severity.MALICIOUS)


def _apply(package: Package, opened: set[int], closed: set[int]) -> None:
    now = timezone.now()
    Vulnerability.objects.filter(package=package, advisory__in=closed, closed_at=None).update(closed_at=now)
    Vulnerability.objects.bulk_create(
        Vulnerability(package=package, advisory_id=advisory, opened_at=now) for advisory in sorted(opened)
    )


def _is_outdone(scan: Scan) -> bool:
    """Whether a later scan of the same files has said what they require."""
    later = Scan.objects.filter(tree=scan.tree_id, pk__gt=scan.pk, facts__has_key="dependencies")
    return later.exclude(verdict__in=OPEN_VERDICTS).exists()


def _entries(said: Iterable[object]) -> set[Entry]:
    """What the engine told, as far as it has the form that it should: it has read hostile files."""
    found: set[Entry] = set()
    for entry in said:
        if not isinstance(entry, dict):
            continue
        told = [text for key in _LONGEST if isinstance(text := entry.get(key), str) and "\0" not in text]
        if len(told) < len(_LONGEST):
            continue
        path, ecosystem, name, specifier, version = told
        if name and all(len(text) <= most for text, most in zip(told, _LONGEST.values(), strict=True)):
            found.add((path, ecosystem, normalised(name) if ecosystem == PYPI else name, specifier, version))
    return found


def _packages(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Package]:
    """The rows of these names and versions, made where they are missing."""
    Package.objects.bulk_create(
        (Package(name=name, version=version) for name, version in sorted(wanted)), ignore_conflicts=True, batch_size=500
    )
    names = sorted({name for name, _ in wanted})
    found: dict[tuple[str, str], Package] = {}
    for start in range(0, len(names), 500):
        for package in Package.objects.filter(name__in=names[start : start + 500]):
            if (package.name, package.version) in wanted:
                found[package.name, package.version] = package
    return found


def _live_versions() -> QuerySet[ModelVersion]:
    """Every version that people load now, whoever may see it."""
    return live(ModelVersion.objects.filter(deleted_at=None, model__deleted_at=None))
