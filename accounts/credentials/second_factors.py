"""Second factors: who has one, who needs one, and the arithmetic of one-time codes. Changes are operations/sign_ins.py.

The rows are allauth's, so that its sign-in asks for a code. The key of a code generator is kept encrypted, as it must
be read again; recovery codes are kept as digests.
"""

import base64
import hashlib
import hmac
import secrets
import time

from allauth.mfa.models import Authenticator
from django.conf import settings

from accounts.models import User
from lib import sealing

STEP = 30  # seconds that a code lives
DRIFT = 1  # steps that a telephone's clock may be ahead or behind
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another


def has_second_factor(person: User) -> bool:
    """Whether a password alone does not sign this person in."""
    return second_factor_of(person) is not None


def second_factor_of(person: User) -> Authenticator | None:
    """The person's code generator, with when it was set up and last used."""
    return Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()


def needs_second_factor(person: User) -> bool:
    """Whether the operator wants this person to have one."""
    wanted = settings.REQUIRE_SECOND_FACTOR
    return wanted == "everybody" or (wanted == "administrators" and (person.is_superuser or person.is_staff))


def recovery_codes_left(person: User) -> int:
    """How many recovery codes have not been used yet."""
    row = Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(row.data.get("digests", [])) if row else 0


def new_key() -> str:
    """A key to share with a code generator, in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def new_recovery_code() -> str:
    """Ten letters and digits in two groups: 49 bits, with a lock after a few wrong ones."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"


def code_at(key: str, step: int) -> str:
    """The code of this step (RFC 6238, on RFC 4226)."""
    mac = hmac.new(base64.b32decode(key), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def step_of(key: str, code: str) -> int | None:
    """Which step near now the code is of, if any."""
    if not key:
        return None
    now = int(time.time()) // STEP
    said = "".join(code.split()).encode()
    fitting = [
        step for step in range(now - DRIFT, now + DRIFT + 1) if hmac.compare_digest(code_at(key, step).encode(), said)
    ]
    return fitting[-1] if fitting else None


def recovery_digests(code: str) -> list[str]:
    """What is kept of a recovery code: a keyed digest, blind to case, blanks and dashes; older secret keys follow."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum()).encode()
    return [hmac.new(key, plain, hashlib.sha256).hexdigest() for key in sealing.derived_keys(b"recovery code")]


def seal(key: str) -> str:
    """The key of a code generator, encrypted."""
    return sealing.seal(key, use=b"second factor")


def unseal(sealed: str) -> str:
    """The key again; empty if it was sealed under a secret key that is gone, so that no code fits."""
    return sealing.unseal(sealed, use=b"second factor")
