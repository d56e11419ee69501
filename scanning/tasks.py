"""Background work of scanning."""

from celery import shared_task

from accounts.queries import system_user
from scanning.models import Scan
from scanning.operations.scans import carry_out, give_back_stale_scans


@shared_task(name="scanning.scan_tree")
def scan_tree(scan_id: int) -> None:
    """Carry out this scan, if nobody else does."""
    if scan := Scan.objects.select_related("tree").filter(pk=scan_id).first():
        carry_out(scan, actor=system_user())


@shared_task(name="scanning.resend_stale_scans")
def resend_stale_scans() -> None:
    """Send again what a lost broker message or a dead worker left behind."""
    for scan_id in give_back_stale_scans(actor=system_user()):
        scan_tree.delay(scan_id)
