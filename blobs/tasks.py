"""Background work of the content store."""

from celery import shared_task

from accounts.queries import system_user
from blobs.operations.sweep import sweep as sweep_unclaimed


@shared_task(name="blobs.sweep")
def sweep() -> None:
    """Remove what nothing claims and nobody wanted for a day."""
    sweep_unclaimed(actor=system_user())
