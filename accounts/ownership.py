"""Who speaks for an account: itself, the person who owns it, or an administrator."""

from accounts import access
from accounts.models import User
from accounts.rights import Right, Scope
from lib.errors import Forbidden


def speaks_for_itself(actor: User) -> bool:
    """Whether the actor stands for the whole account: on pages, or with a token of the scope admin without a limit."""
    return actor.is_active and actor.limit is None and (actor.scopes is None or Scope.ADMIN in actor.scopes)


def require_owner(account: User, *, actor: User) -> None:
    """Return if `actor` is this account, owns it (auditors own nothing here) or administers; else raise Forbidden."""
    if actor.limit is not None:
        raise Forbidden("A token that is limited to one thing has no say over accounts and their tokens.")
    owns = actor.pk == account.owner_id and not actor.is_auditor  # auditors change nothing but what is themselves
    if not (actor.pk == account.pk or owns) or not speaks_for_itself(actor):
        access.require(actor, Right.ADMINISTER, None)


def require_may_sign_in_as(account: User, *, actor: User) -> None:
    """Return if `actor` may be given a way to act as this account; else raise Forbidden.

    Administrators may for service accounts only: in the name of a person they could act without a trace of their own.
    """
    require_owner(account, actor=actor)
    if account.kind == User.Kind.PERSON and account.pk != actor.pk and not actor.is_system:
        raise Forbidden("Only the person makes and rotates access tokens of a person. You can revoke them.")
