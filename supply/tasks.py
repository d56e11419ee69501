"""Background work of the supply chain: advisories that come by themselves, matching, and telling people."""

import logging

from celery import shared_task

from accounts.queries import system_user
from lib.errors import HouseError
from supply.operations import advisories, matching, notices

_logger = logging.getLogger(__name__)


@shared_task(name="supply.refresh_advisories")
def refresh_advisories() -> None:
    """Fetch newer advisories, where the operator has said from where."""
    try:
        advisories.refresh_advisories(actor=system_user())
    except HouseError as refusal:
        _logger.warning("The advisories were not refreshed: %s", refusal.message)


@shared_task(name="supply.match_packages")
def match_packages() -> None:
    """Match packages until each carries the mark of the current advisories; picks up what a dead worker left behind."""
    while matching.match_packages(actor=system_user()):
        pass
    tell_owners.delay()


@shared_task(name="supply.tell_owners")
def tell_owners() -> None:
    """Send the mails about live versions that are still to be sent."""
    while notices.tell_owners(actor=system_user()):
        pass
