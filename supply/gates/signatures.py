"""Whether somebody whom the registry trusts has signed a version."""

from lib.checks import Check
from registry.models import ModelVersion


def signature_check(version: ModelVersion) -> Check:
    """Whether a valid signature covers every file. None is known yet, so it does not hold."""
    return Check("signature", False, f"{version} has no signature that this registry trusts.")
