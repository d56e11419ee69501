"""Background work of approvals: making moves whose last condition has come true."""

from celery import shared_task

from accounts.queries import system_user
from approvals.models import Review
from approvals.operations.reviews import apply_review


@shared_task(name="approvals.apply_review")
def apply(review_id: int) -> None:
    """Make the move of this review if it is time."""
    if review := Review.objects.filter(pk=review_id).first():
        apply_review(review, actor=system_user())


@shared_task(name="approvals.apply_approved_reviews")
def apply_approved_reviews() -> None:
    """The same for every approved review: picks up what a lost message left behind."""
    for review_id in Review.objects.filter(state=Review.State.APPROVED).values_list("pk", flat=True):
        apply.delay(review_id)
