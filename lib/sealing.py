"""Secrets that must be read again, encrypted at rest; each use with a key of its own, made from the secret key.

Older secret keys (`SECRET_KEY_FALLBACKS`) still open what was sealed under them.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str, *, use: bytes) -> str:
    """The text, encrypted for this use."""
    return _box(use).encrypt(text.encode()).decode()


def unseal(sealed: str, *, use: bytes) -> str:
    """The text again; empty if it was sealed under a secret key that is gone."""
    try:
        return _box(use).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def derived_keys(use: bytes) -> list[bytes]:
    """One key for this use from each known secret key, the present one first."""
    known = [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
    return [hmac.new(key.encode(), use, hashlib.sha256).digest() for key in known]


def _box(use: bytes) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived_keys(use)])
