"""Background work of accounts."""

from celery import shared_task

from accounts.operations.attempts import sweep as sweep_ended
from accounts.operations.grants import AT_ONCE
from accounts.operations.grants import end_grants as end_grants_of_now
from accounts.queries import system_user


@shared_task(name="accounts.sweep")
def sweep() -> None:
    """Forget failed sign-ins and used identity tokens that count no more, and sessions that are over."""
    sweep_ended(actor=system_user())


@shared_task(name="accounts.end_grants")
def end_grants() -> None:
    """Delete roles past their end, until none is left."""
    while end_grants_of_now(actor=system_user()) >= AT_ONCE:
        pass
