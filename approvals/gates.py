"""What approvals say about somebody else's move."""

from accounts import access
from accounts.rights import Right
from approvals.models import Review
from approvals.queries import checks, open_review, policy_on
from registry.gates import Move


def policy_holds(move: Move) -> str | None:
    """Where a policy is in force, a version only goes with an approved review whose every check holds now.

    Taking a version away without another in its place needs no review, but somebody who answers for the model.
    """
    policy = policy_on(move.version.model.registry_id, stage=move.stage, alias=move.alias)
    if policy is None:
        return None
    if move.leaves:
        if access.can(move.actor, Right.MANAGE, move.version):
            return None
        return f"{move} is governed by a policy: only a maintainer takes a version away from there."
    review = open_review(move.version)
    if review is None or not _covers(review, move):
        return f"{move} is governed by a policy: ask for a review of version {move.version.number} first."
    failed = [check.sentence for check in checks(review) if not check.holds]
    if failed:
        return f"Review {review.pk} is not complete. {' '.join(failed)}"
    return None


def _covers(review: Review, move: Move) -> bool:
    return review.stage == move.stage if move.stage else review.alias == move.alias
