"""Reading scans and verdicts. Who may see the version was asked before; the verdict belongs to its files."""

from collections.abc import Iterable

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from blobs.models import Tree, TreeFile
from blobs.queries import find_file
from lib.errors import Forbidden, NotFound
from registry.models import ModelVersion
from registry.queries import versions_for
from scanning.models import OPEN_VERDICTS, Scan, Verdict, Waiver


def latest_scan(tree: Tree | None) -> Scan | None:
    """The newest scan of these files, with its findings; None for files that were never looked at."""
    return _newest_first().prefetch_related("findings").filter(tree=tree).first() if tree else None


def latest_scans(versions: Iterable[ModelVersion]) -> dict[int, Scan]:
    """The newest scan by the key of the tree, for all these versions in one query."""
    trees = {version.tree_id for version in versions if version.tree_id}
    scans: dict[int, Scan] = {}
    for scan in _newest_first().filter(tree__in=trees):
        scans.setdefault(scan.tree_id, scan)
    return scans


def verdict_of(tree: Tree | None) -> Verdict | None:
    """What is known about these files; None when nobody ever looked or there are none."""
    verdict = _newest_first().filter(tree=tree).values_list("verdict", flat=True).first() if tree else None
    return Verdict(verdict) if verdict else None


def is_unsafe(tree: Tree | None) -> bool:
    """Whether the last opinion of these files is that they are unsafe; a scan that goes on or failed is no opinion."""
    opinions = _newest_first().filter(tree=tree).exclude(verdict__in=(*OPEN_VERDICTS, Verdict.FAILED))
    return tree is not None and opinions.values_list("verdict", flat=True).first() == Verdict.UNSAFE


def needing_attention(actor: User) -> QuerySet[ModelVersion]:
    """Versions that the actor sees and whose files a scan found unsafe, doubtful or unreadable; newest first."""
    doubtful = Scan.objects.filter(verdict__in=(Verdict.UNSAFE, Verdict.FAILED, Verdict.NEEDS_REVIEW))
    return versions_for(actor).filter(tree__in=doubtful.values("tree")).order_by("-pk")


def file_for_download(version: ModelVersion, path: str, *, actor: User) -> TreeFile:
    """One file of a version that was found before. Raises NotFound, and Forbidden as `require_download` does."""
    require_download(version, actor=actor)
    if version.tree is None:
        raise NotFound(f"{version} has no files here.")
    return find_file(version.tree.files.all(), path)


def require_download(version: ModelVersion, *, actor: User) -> None:
    """Return if the actor may read the bytes of this version; else raise Forbidden.

    Files that the scan found unsafe are for maintainers only, who may want to look into them.
    """
    access.require(actor, Right.DOWNLOAD, version)
    if is_unsafe(version.tree) and not access.can(actor, Right.MANAGE, version):
        raise Forbidden(f"The scan found {version} unsafe, so only maintainers can download its files.")


def with_verdict(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """The same versions, each with what is known about its files as `verdict`; None when nobody ever looked."""
    newest = _newest_first().filter(tree=OuterRef("tree")).values("verdict")[:1]
    return versions.annotate(verdict=Subquery(newest))


def waived_keys(tree: Tree | None, registry: Registry | int) -> set[str]:
    """The keys of everything about these files that a waiver of this registry covers now."""
    in_force = Waiver.objects.filter(tree=tree, registry=registry, withdrawn_at=None)
    in_force = in_force.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))
    return {key for keys in in_force.values_list("keys", flat=True) for key in keys} if tree else set()


def _newest_first() -> QuerySet[Scan]:
    return Scan.objects.order_by("-pk")
