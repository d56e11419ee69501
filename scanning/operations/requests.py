"""Asking for a scan."""

from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import Tree
from events.kinds import Kind
from events.record import record
from lib.errors import Invalid
from registry.models import ModelVersion
from scanning import tasks
from scanning.models import Priority, Scan, Verdict
from scanning.present import present_engine
from scanning.queries import ended_by_others


@transaction.atomic
def request_scan(version: ModelVersion, *, actor: User) -> Scan:
    """Have the files of this version scanned, unless this engine has an opinion of the same bytes already.

    A scan that failed is no opinion and begins anew.
    """
    access.require(actor, Right.EDIT, version)
    if version.tree is None:
        raise Invalid("version", f"{version} has no files here that could be scanned.")
    tree = version.tree
    scan, is_new = Scan.objects.get_or_create(
        tree=tree,
        engine=present_engine(),
        defaults={"previous_verdict": lambda: _said_before(tree)},  # type: ignore[misc] # asked when it is made
    )
    if not is_new and scan.priority > Priority.ASKED:
        # Asked for by somebody, it does not wait behind what is only scanned again.
        Scan.objects.filter(pk=scan.pk, verdict=Verdict.QUEUED).update(priority=Priority.ASKED)
    if is_new or _begins_anew(scan):
        record(Kind.SCAN_REQUESTED, actor=actor, subject=version, registry_id=version.model.registry_id, scan=scan.pk)
        tasks.scan_tree.delay_on_commit(scan.pk)
    return scan


def _said_before(tree: Tree) -> str:
    return ended_by_others().filter(tree=tree).values_list("verdict", flat=True).first() or ""


def _begins_anew(scan: Scan) -> bool:
    failed = Scan.objects.filter(pk=scan.pk, verdict=Verdict.FAILED)
    if (
        failed.update(
            verdict=Verdict.QUEUED, requested_at=timezone.now(), taken_at=None, attempts=0, priority=Priority.ASKED
        )
        != 1
    ):
        return False
    scan.findings.all().delete()
    scan.refresh_from_db()
    return True
