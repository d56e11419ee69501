"""Opening what wrong passwords have locked, and forgetting what counts no more."""

from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.credentials import attempts
from accounts.credentials.sessions import clear_ended_sessions
from accounts.models import FailedSignIn, UsedIdentityToken, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record


@transaction.atomic
def unlock_account(account: User, *, actor: User) -> bool:
    """Forget the wrong passwords for the name and the e-mail of an account, so that both sign in again at once.

    Says whether there were any. An address that tried too many names stays locked until its time is over.
    """
    access.require(actor, Right.ADMINISTER, None)
    names = [attempts.digest_of_typed(name) for name in (account.username, account.email) if name]
    forgotten, _ = FailedSignIn.objects.filter(name_digest__in=names).delete()
    if not forgotten:
        return False
    record(Kind.SIGN_IN_UNLOCKED, actor=actor, subject=account, forgotten=forgotten)
    return True


@transaction.atomic
def sweep(*, actor: User) -> int:
    """Forget wrong passwords that count no more, identity tokens and sessions that have ended; how many rows went."""
    access.require(actor, Right.ADMINISTER, None)
    now = timezone.now()
    old, _ = FailedSignIn.objects.filter(at__lt=now - attempts.longest_window()).delete()
    used, _ = UsedIdentityToken.objects.filter(ends_at__lt=now).delete()
    return old + used + clear_ended_sessions()
