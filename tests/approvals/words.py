"""Short words for what tests of reviews say often."""

from collections.abc import Callable

from approvals.models import Decision, Review
from registry.models import Stage
from scanning.models import Scan

APPROVE, CHANGES = Decision.Verdict.APPROVE, Decision.Verdict.REQUEST_CHANGES
REJECT, COMMENT = Decision.Verdict.REJECT, Decision.Verdict.COMMENT
State = Review.State
StageOf = Callable[[str], Stage]
Judge = Callable[..., Scan]


def state(review: Review) -> str:
    """The state in the database."""
    return Review.objects.get(pk=review.pk).state
