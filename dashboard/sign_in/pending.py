"""A sign-in that waits for its code holds only as long as the password does with which it began."""

from allauth.account.internal.stagekit import clear_login, unstash_login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import User

_HASH = "hash_of_pending_sign_in"


def note_pending(request: HttpRequest, user: User) -> None:
    """Remember what the password was, as sessions do."""
    request.session[_HASH] = user.get_session_auth_hash()


def forget_pending(request: HttpRequest) -> None:
    """It is done."""
    request.session.pop(_HASH, None)


def still_holds(request: HttpRequest) -> bool:
    """Whether the account is active and its password the same as then; if not, the sign-in is forgotten."""
    login = unstash_login(request, peek=True)
    if login is None:
        return True
    user, noted = login.user, request.session.get(_HASH, "")
    if isinstance(user, User) and user.is_active and constant_time_compare(user.get_session_auth_hash(), noted):
        return True
    clear_login(request)
    forget_pending(request)
    return False
