"""Who speaks for an account: itself, the person who owns it, or an administrator."""

from accounts import access
from accounts.models import User
from accounts.rights import Right, Scope
from lib.errors import Forbidden


def speaks_for_itself(actor: User) -> bool:
    """Whether the actor stands for the whole account: on pages, or with a token of the scope admin without a limit."""
    return actor.is_active and actor.limit is None and (actor.scopes is None or Scope.ADMIN in actor.scopes)


def require_owner(account: User, *, actor: User) -> None:
    """Return if `actor` is this account, owns it or administers; else raise Forbidden."""
    if actor.limit is not None:
        raise Forbidden("A token that is limited to one thing has no say over accounts and their tokens.")
    if actor.pk not in (account.pk, account.owner_id) or not speaks_for_itself(actor):
        access.require(actor, Right.ADMINISTER, None)
