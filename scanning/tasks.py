"""Background work of scanning."""

from celery import shared_task

from accounts.queries import system_user
from scanning.operations.rescans import begin_rescan, continue_rescan
from scanning.operations.scans import carry_out_next, give_back_stale_scans
from scanning.operations.waivers import AT_ONCE
from scanning.operations.waivers import end_waivers as end_waivers_of_now

# Of so many messages one goes to the oldest scan that waits, however little it matters.
ONE_IN = 8


@shared_task(name="scanning.scan_tree")
def scan_tree(scan_id: int) -> None:
    """Carry out the most urgent scan that waits: there are as many messages as scans, but not in the same order."""
    carry_out_next(oldest=scan_id % ONE_IN == 0, actor=system_user())


@shared_task(name="scanning.resend_stale_scans")
def resend_stale_scans() -> None:
    """Send again what a lost broker message or a dead worker left behind."""
    for scan_id in give_back_stale_scans(actor=system_user()):
        scan_tree.delay(scan_id)


@shared_task(name="scanning.scan_again")
def scan_again() -> None:
    """Notice another engine, and have it look at everything that is kept, a batch at a time."""
    release = begin_rescan(actor=system_user())
    for scan_id in continue_rescan(release, actor=system_user()):
        scan_tree.delay(scan_id)


@shared_task(name="scanning.end_waivers")
def end_waivers() -> None:
    """Tell of waivers that have come to their end, until none is left."""
    while end_waivers_of_now(actor=system_user()) >= AT_ONCE:
        pass
