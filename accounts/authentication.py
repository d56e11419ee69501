"""From credentials to an actor: password, bearer token, basic credentials. Protocols call this; it knows no HTTP."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.credentials import attempts
from accounts.credentials.second_factors import has_second_factor, needs_second_factor
from accounts.models import ApiToken, User
from accounts.models.tokens import TOKEN_MARK
from events import context
from lib import digests
from lib.errors import Unauthenticated
from lib.statements import Blank, Statement

_USE_IS_NOTED_EVERY = timedelta(minutes=1)

_token_of = Statement(
    lambda: ApiToken.objects.select_related("owner").filter(digest=Blank("digest", models.CharField()))
)


class NameOrEmailBackend(ModelBackend):
    """Signs people in by user name or e-mail. Service accounts and the system have no password to sign in with."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The person with this name (or `email`) and password, or None. Raises TooOften after many wrong passwords."""
        name = username or kwargs.get("email")
        if not name or not password or not settings.PASSWORD_SIGN_IN:
            return None
        return with_password(name, password, address=request.META.get("REMOTE_ADDR", "") if request else "")


def with_password(name: str, password: str, *, address: str = "") -> User | None:
    """The active person of this user name or e-mail, if the password is right; as slow for unknown names.

    Raises TooOften for right and wrong passwords alike while too many wrong ones lock the name or the address.
    """
    if not name:
        return None
    attempt, stored = attempts.begin(name, address), attempts.as_stored(name)
    people = User.objects.filter(Q(username=stored) | Q(email=stored), kind=User.Kind.PERSON)
    # PostgreSQL cannot even be asked for a name with a NUL in it.
    user = people.first() if "\0" not in name else None
    if user is None:
        make_password(password)
    elif _password_is_right(password, user.password, _fingerprint(password, user.password)) and user.is_active:
        attempts.note_success(attempt)
        return user
    attempts.note_failure(attempt, user)
    return None


def with_token(secret: str, *, address: str = "") -> User:
    """The owner of an open token, with the token's scopes. Raises Unauthenticated."""
    token = _token_of.first(digest=digests.of_bytes(secret.encode()))
    if token is None or not token.is_open or not token.owner.is_active:
        raise Unauthenticated("The token is unknown, expired or revoked.")
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_from=address)
    context.note_token(token.prefix)
    token.owner.scopes, token.owner.limit = token.scope_set, token.limit
    return token.owner


def with_basic(name: str, password: str, *, address: str = "") -> User:
    """Name and password, or any name with a token as the password. Raises Unauthenticated or TooOften."""
    if password.startswith(TOKEN_MARK):
        return with_token(password, address=address)
    if not settings.PASSWORD_SIGN_IN:
        raise Unauthenticated("Use an access token: passwords are switched off here.")
    user = with_password(name, password, address=address)
    if user is None:
        raise Unauthenticated("The user name or the password is wrong.")
    if has_second_factor(user):
        raise Unauthenticated("Use an access token: your account has a second factor.")
    if needs_second_factor(user):
        raise Unauthenticated("Use an access token: your account needs a second factor.")
    return user


def with_header(header: str, *, address: str = "") -> User:
    """Whoever an Authorization header names: a bearer token (RFC 6750) or basic credentials (RFC 7617).

    Raises Unauthenticated, also for a header that cannot be read, and TooOften after many wrong passwords.
    """
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return with_token(value.strip(), address=address)
        case "basic":
            try:
                name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
            except ValueError as error:
                raise Unauthenticated("The basic credentials cannot be read.") from error
            if not colon:
                raise Unauthenticated("The basic credentials have no colon between name and password.")
            return with_basic(name, password, address=address)
    raise Unauthenticated("Sign in with a bearer token, or with name and password.")


def _fingerprint(password: str, encoded: str) -> str:
    """Names a pair of password and stored hash in memory without holding the password."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{encoded}\0{password}".encode(), hashlib.sha256).hexdigest()


def _password_is_right(password: str, encoded: str, fingerprint: str) -> bool:
    """Whether the password fits. Clients that send it with every request pay for the slow hash once, not every time."""
    if fingerprint in _known_good:
        return True
    if not check_password(password, encoded):
        return False
    if len(_known_good) >= 1024:
        _known_good.clear()
    _known_good.add(fingerprint)
    return True


_known_good: set[str] = set()
