"""Whether a version's bill of materials is complete enough."""

from lib.checks import Check
from registry.models import ModelVersion
from supply.bills.queries import judged

_FEW = 4


def bill_check(version: ModelVersion, percent: int) -> Check:
    """Whether the bill of materials, ours or the supplied one, is complete to so many per cent."""
    found = judged(version)
    counts = found.counts
    whose = (
        f"The bill of materials that {found.bill.supplied_by.name} supplied"
        if found.is_supplied and found.bill
        else ("The bill of materials")
    )
    if counts.percent >= percent:
        return Check("bill", True, f"{whose} is complete to {counts.percent} %; {percent} % are asked for.")
    missing = [part.words for part in counts.missing]
    named = "; ".join(missing[:_FEW]) + (f"; and {len(missing) - _FEW} more" if len(missing) > _FEW else "")
    sentence = f"{whose} is complete to {counts.percent} %, but {percent} % are asked for. Missing: {named}."
    return Check("bill", False, sentence)
