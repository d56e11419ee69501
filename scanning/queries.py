"""Reading scans and verdicts. Who may see the version was asked before; the verdict belongs to its files.

What the verdict comes to in a registry is its standing: see standing.py for the rules, and here for what they need.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from blobs.models import Tree, TreeFile
from blobs.queries import find_file
from lib.errors import Forbidden, NotFound
from lib.statements import Blank, Statement
from registry.makers import makers, with_owners
from registry.models import ModelVersion
from registry.queries import versions_for
from scanning.models import OPEN_VERDICTS, AllowedName, EngineRelease, Finding, Quarantine, Scan, Verdict, Waiver
from scanning.present import present_engine
from scanning.standing import Acceptance, Remark, Standing, standing, weight

_NO_OPINION = (*OPEN_VERDICTS, Verdict.FAILED)
_DOUBTFUL = (Verdict.NEEDS_REVIEW, Verdict.FAILED, Verdict.UNSAFE)


def latest_scan(tree: Tree | None) -> Scan | None:
    """The scan of these files that counts, with its findings; None for files that were never looked at."""
    return newest_first().prefetch_related("findings").filter(tree=tree).first() if tree else None


def ended_scan(tree: Tree | None) -> Scan | None:
    """The last scan of these files that has ended, whatever goes on meanwhile."""
    return newest_first().filter(tree=tree).exclude(verdict__in=OPEN_VERDICTS).first() if tree else None


def ended_by_others() -> QuerySet[Scan]:
    """The scans by other engines that have ended, newest first: what was said before."""
    return Scan.objects.exclude(verdict__in=OPEN_VERDICTS).exclude(engine=present_engine()).order_by("-pk")


def findings_of(scan: Scan, *, severity: str = "", rule: str = "", path: str = "") -> QuerySet[Finding]:
    """What a scan found, by file: of this severity, by this rule, in files whose path begins like this."""
    rows = Finding.objects.filter(scan=scan, path__startswith=path)
    rows = rows.filter(severity=severity) if severity else rows
    return (rows.filter(rule=rule) if rule else rows).order_by("path", "pk")


def remark_of(finding: Finding) -> Remark:
    """The finding, as far as it matters to a standing."""
    return Remark(finding.key, finding.severity, finding.rule, finding.subject)


def changes_by(release: EngineRelease) -> QuerySet[Scan]:
    """The scans of this release that came to another verdict than the one before, newest first."""
    rows = Scan.objects.filter(engine=release.engine).exclude(verdict__in=OPEN_VERDICTS)
    return rows.exclude(previous_verdict="").exclude(previous_verdict=F("verdict")).order_by("-pk")


def latest_scans(versions: Iterable[ModelVersion]) -> dict[int, Scan]:
    """The scan that counts by the key of the tree, for all these versions in one query."""
    trees = {version.tree_id for version in versions if version.tree_id}
    scans: dict[int, Scan] = {}
    for scan in newest_first().filter(tree__in=trees):
        scans.setdefault(scan.tree_id, scan)
    return scans


def verdict_of(tree: Tree | None) -> Verdict | None:
    """What is known about these files; None when nobody ever looked or there are none."""
    verdict = newest_first().filter(tree=tree).values_list("verdict", flat=True).first() if tree else None
    return Verdict(verdict) if verdict else None


def standing_of(version: ModelVersion) -> Standing:
    """What is known about the files of this version, and what it comes to in its registry."""
    return _standings([version], in_full=True)[version.pk]


def standings_of(versions: Iterable[ModelVersion]) -> dict[int, Standing]:
    """The same by the key of the version, in a few queries for all; the versions have their models at hand.

    Where nothing is accepted or allowed, a standing comes without the findings that remain.
    """
    return _standings(list(versions), in_full=False)


def why_unsafe(version: ModelVersion, called: str = "") -> str | None:
    """The clause that says why the files of this version are kept from readers in its registry; None if they are not.

    It names the version as `called`. They are kept while a quarantine is open, and while the last opinion is that they
    are unsafe and nobody answers for it here; a scan that goes on or failed is no opinion. One query when nothing is
    wrong.
    """
    if version.tree_id is None:
        return None
    suspect = _suspect.first(tree=version.tree_id, engine=present_engine())
    if suspect is None:
        return None
    quarantines = open_quarantines(version.tree_id).values_list("reason", flat=True)
    opinion = None
    if suspect.opinion == Verdict.UNSAFE:
        scans = newest_first().filter(tree=version.tree_id)
        opinion = scans.exclude(verdict__in=_NO_OPINION).first()
    found = _judge(
        opinion,
        remarks=_remarks([opinion]).get(opinion.pk, []) if opinion else [],
        waivers=_acceptances(waivers_in_force(version.tree_id, version.model.registry_id)),
        names=allowed_names(version.model.registry_id),
        quarantines=list(quarantines),
    )
    if found.kept_because:
        return f"The files of {called or version} are in quarantine ({found.kept_because.rstrip('.')})"
    return f"The scan found {called or version} unsafe" if found.is_unsafe else None


def needing_attention(actor: User) -> QuerySet[ModelVersion]:
    """Versions that the actor sees and whose files the scan found unsafe, doubtful or unreadable; newest first."""
    present = Scan.objects.filter(tree=OuterRef("tree"), engine=present_engine())
    doubtful = Scan.objects.filter(Q(engine=present_engine()) | ~Exists(present), verdict__in=_DOUBTFUL)
    return versions_for(actor).filter(tree__in=doubtful.values("tree")).order_by("-pk")


def why_not_accept(version: ModelVersion, *, actor: User) -> str:
    """Why the actor may not accept what was found in this version, as a sentence; empty for those who may.

    Nobody answers for files that they, or a service account of theirs, brought into this registry.
    """
    if actor.kind != User.Kind.PERSON:
        return "Findings are accepted by a person."
    ending = "someone else must accept what was found in it."
    if reason := with_owners(makers(version), ending).get(actor.pk):
        return reason
    mine = User.objects.filter(Q(pk=actor.pk) | Q(owner=actor.pk)).values("pk")
    made = Q(uploader__in=mine) | Q(source_run__created_by__in=mine) | Q(logged_model__created_by__in=mine)
    if ModelVersion.objects.filter(made, tree=version.tree_id, model__registry=version.model.registry_id).exists():
        return f"You uploaded or trained another version with the same files; {ending}"
    if not access.can(actor, Right.REVIEW, version):
        return "You are not a reviewer of this model; a maintainer of the registry can make you one."
    return ""


def file_for_download(version: ModelVersion, path: str, *, actor: User) -> TreeFile:
    """One file of a version that was found before. Raises NotFound, and Forbidden as `require_download` does."""
    require_download(version, actor=actor)
    if version.tree is None:
        raise NotFound(f"{version} has no files here.")
    return find_file(version.tree.files.all(), path)


def require_download(version: ModelVersion, *, actor: User) -> None:
    """Return if the actor may read the bytes of this version; else raise Forbidden.

    Files that are unsafe in its registry are for maintainers only, who may want to look into them.
    """
    access.require(actor, Right.DOWNLOAD, version)
    if (reason := why_unsafe(version)) and not access.can(actor, Right.MANAGE, version):
        raise Forbidden(f"{reason}, so only maintainers can download its files.")


def with_verdict(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """The same versions, each with what is known about its files as `verdict`; None when nobody ever looked."""
    newest = newest_first().filter(tree=OuterRef("tree")).values("verdict")[:1]
    return versions.annotate(verdict=Subquery(newest))


def waived_keys(tree: Tree | None, registry: Registry | int, *, up_to: Verdict = Verdict.NEEDS_REVIEW) -> set[str]:
    """The keys of everything about these files that a waiver of this registry covers now, if it weighs `up_to` that."""
    if tree is None:
        return set()
    in_force = waivers_in_force(tree.pk, registry if isinstance(registry, int) else registry.pk)
    found = in_force.values_list("keys", "heaviest")
    return {key for keys, heaviest in found if weight(heaviest) >= weight(up_to) for key in keys}


def waivers_in_force(tree_id: int, registry_id: int) -> QuerySet[Waiver]:
    """The waivers about these files that count now in this registry, oldest first."""
    rows = Waiver.objects.filter(in_force(), tree=tree_id, registry=registry_id)
    return rows.select_related("granted_by").order_by("pk")


def waivers_for(actor: User, right: Right = Right.SEE) -> QuerySet[Waiver]:
    """The waivers about files of versions on which the actor has this right, newest first."""
    versions = ModelVersion.objects.filter(
        tree=OuterRef("tree"), model__registry=OuterRef("registry"), deleted_at=None, model__deleted_at=None
    )
    rows = Waiver.objects.select_related("registry", "tree", "granted_by", "withdrawn_by")
    return rows.filter(Exists(access.visible(actor, versions, right))).order_by("-pk")


def find_waiver(pk: int, *, registry: Registry, actor: User) -> Waiver:
    """This waiver of a registry, if the actor sees a version that it is about. Raises NotFound."""
    waiver = waivers_for(actor).filter(registry=registry, pk=pk).first()
    if waiver is None:
        raise NotFound(f"Waiver {pk} was not found.")
    return waiver


def names_in(registry: Registry) -> QuerySet[AllowedName]:
    """The names that a registry found for an actor before allows, in order."""
    return (
        AllowedName.objects.filter(registry=registry).select_related("registry", "added_by").order_by("module", "name")
    )


def find_allowed_name(registry: Registry, module: str, name: str) -> AllowedName:
    """This name on the list of a registry found before. Raises NotFound."""
    found = names_in(registry).filter(module=module, name=name).first()
    if found is None:
        raise NotFound(f"{module}.{name} is not on the list of {registry}.")
    return found


def in_force() -> Q:
    """The condition on waivers that they count now."""
    return Q(withdrawn_at=None) & (Q(ends_at=None) | Q(ends_at__gt=timezone.now()))


def allowed_names(registry_id: int) -> set[str]:
    """The names that this registry allows besides the allow list, as findings spell them."""
    pairs = AllowedName.objects.filter(registry=registry_id).values_list("module", "name")
    return {f"{module}.{name}" for module, name in pairs}


def open_quarantines(tree_id: int) -> QuerySet[Quarantine]:
    """What keeps these files from readers, whatever their scan says; oldest first."""
    return Quarantine.objects.filter(tree=tree_id, lifted_at=None).order_by("pk")


def _standings(versions: list[ModelVersion], *, in_full: bool) -> dict[int, Standing]:
    scans = latest_scans(versions)
    trees = [version.tree_id for version in versions if version.tree_id]
    registries = {version.model.registry_id for version in versions}
    doubtful = [scan for scan in scans.values() if scan.verdict in _DOUBTFUL]
    waivers: dict[tuple[int, int], list[Waiver]] = {}
    names: dict[int, set[str]] = {}
    if doubtful:
        rows = Waiver.objects.filter(in_force(), tree__in=[scan.tree_id for scan in doubtful], registry__in=registries)
        for waiver in rows.select_related("granted_by").order_by("pk"):
            waivers.setdefault((waiver.tree_id, waiver.registry_id), []).append(waiver)
        pairs = AllowedName.objects.filter(registry__in=registries).values_list("registry", "module", "name")
        for registry, module, name in pairs:
            names.setdefault(registry, set()).add(f"{module}.{name}")
    if not in_full:
        # A list needs to know what a verdict comes to, and that is the verdict where nothing is taken away.
        touched = {tree for tree, _ in waivers}
        doubtful = [scan for scan in doubtful if scan.tree_id in touched or (names and _may_be_named(scan))]
    remarks = _remarks(doubtful)
    quarantines: dict[int, list[str]] = {}
    opened = Quarantine.objects.filter(tree__in=trees, lifted_at=None).order_by("pk")
    for tree, reason in opened.values_list("tree", "reason"):
        quarantines.setdefault(tree, []).append(reason)
    found = {}
    for version in versions:
        scan = scans.get(version.tree_id or 0)
        found[version.pk] = _judge(
            scan,
            remarks=remarks.get(scan.pk, []) if scan else [],
            waivers=_acceptances(waivers.get((version.tree_id or 0, version.model.registry_id), [])),
            names=names.get(version.model.registry_id, set()),
            quarantines=quarantines.get(version.tree_id or 0, []),
        )
    return found


def _judge(
    scan: Scan | None,
    *,
    remarks: list[Remark],
    waivers: list[Acceptance],
    names: set[str],
    quarantines: list[str],
) -> Standing:
    return standing(
        scan.verdict if scan else None,
        remarks,
        allowed_names=names,
        waivers=waivers,
        quarantines=quarantines,
        is_current=scan is None or scan.engine == present_engine(),
    )


def _may_be_named(scan: Scan) -> bool:
    """Whether allowed names could change what this verdict comes to."""
    return scan.verdict == Verdict.NEEDS_REVIEW


def _remarks(scans: Iterable[Scan]) -> dict[int, list[Remark]]:
    """What weighs among the findings, by the key of the scan."""
    found: dict[int, list[Remark]] = {}
    rows = Finding.objects.filter(scan__in=[scan.pk for scan in scans]).exclude(severity="note").order_by("pk")
    for scan, key, severity, rule, subject in rows.values_list("scan", "key", "severity", "rule", "subject"):
        found.setdefault(scan, []).append(Remark(key, severity, rule, subject))
    return found


def _acceptances(waivers: Iterable[Waiver]) -> list[Acceptance]:
    return [
        Acceptance(
            waiver.pk, frozenset(waiver.keys), waiver.granted_by.name, waiver.reason, waiver.ends_at, waiver.heaviest
        )
        for waiver in waivers
    ]


def newest_first() -> QuerySet[Scan]:
    """The present engine's scan first, should an older or newer one have looked at the files later."""
    is_other = Case(When(engine=present_engine(), then=0), default=1, output_field=IntegerField())
    return Scan.objects.order_by(is_other, "-pk")


def _suspects() -> QuerySet[Any, Any]:
    """The tree itself, if something speaks against its files: a quarantine, or the last opinion of them."""
    is_other = Case(When(engine=Blank("engine", CharField()), then=0), default=1, output_field=IntegerField())
    opinions = Scan.objects.filter(tree=OuterRef("pk")).exclude(verdict__in=_NO_OPINION).order_by(is_other, "-pk")
    kept = Exists(Quarantine.objects.filter(tree=OuterRef("pk"), lifted_at=None))
    trees = Tree.objects.filter(pk=Blank("tree", BigIntegerField()))
    judged = trees.annotate(opinion=Subquery(opinions.values("verdict")[:1]))
    return judged.filter(kept | Q(opinion=Verdict.UNSAFE)).values_list("opinion", named=True)


_suspect: Statement[Any] = Statement(_suspects)
