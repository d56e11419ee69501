"""Whether a version's licence is among those that a policy allows."""

from collections.abc import Sequence

from lib.checks import Check
from registry.models import ModelVersion
from supply.licences.expressions import parse
from supply.licences.queries import licence_of

_FEW = 8


def licence_check(version: ModelVersion, allowed: Sequence[str]) -> Check:
    """Whether the licence is allowed: of a choice one part, of several that bind each. An unknown one is not."""
    known = licence_of(version)
    if known is None:
        sentence = "No licence is known: name one in the front matter of README.md, or in the tag license."
        return Check("licence", False, sentence)
    expression, place = known
    if parse(expression).is_allowed(set(allowed)):
        return Check("licence", True, f"The licence {expression}, from {place}, is allowed.")
    named = ", ".join(allowed[:_FEW]) + (f" and {len(allowed) - _FEW} more" if len(allowed) > _FEW else "")
    sentence = f"The licence {expression}, from {place}, is not among those allowed: {named or 'none at all'}."
    return Check("licence", False, sentence)
