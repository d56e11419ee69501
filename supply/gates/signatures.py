"""Whether somebody whom the registry trusts signed all files of a version."""

from lib.checks import Check
from registry.models import ModelVersion
from supply.signatures import Signed, signatures_of

NAME = "signature"


def signature_check(version: ModelVersion) -> Check:
    """Holds only if one signature is verified now; else the sentence tells what is wrong with those that there are."""
    found = signatures_of(version)
    if good := [signed for signed in found if signed.verification.is_verified]:
        return Check(NAME, True, good[0].verification.sentence)
    if not found:
        return Check(NAME, False, f"Version {version.number} is not signed.")
    return Check(NAME, False, f"No signature of version {version.number} counts. {_facts(found)}")


def _facts(found: list[Signed]) -> str:
    """The sentences of the first few, each once."""
    sentences = list(dict.fromkeys(signed.verification.sentence for signed in found))
    more = f" {len(sentences) - 3} more do not count either." if len(sentences) > 3 else ""
    return " ".join(sentences[:3]) + more
