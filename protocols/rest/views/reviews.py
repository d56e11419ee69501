"""Reviews: asking, looking, deciding, taking back."""

from http import HTTPStatus

from approvals.models import Decision, Review
from approvals.operations.reviews import carry_out_review, decide, request_review, withdraw_review
from approvals.queries import checks_in_full, comparison, find_review, present_digest, reviews_for, waiting_for
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.reviews import (
    NewDecisionShape,
    NewReviewShape,
    ReviewInFullShape,
    ReviewsAsked,
    ReviewShape,
    WithdrawalShape,
)
from protocols.rest.views.places import stage_named
from registry.queries import find_version


class Reviews(View):
    @endpoint("list_reviews", asks=ReviewsAsked, lists=ReviewShape)
    def get(self, call: Call) -> Page[Review]:
        """The reviews that you see, newest first; with `waiting=me`, those that you can decide, oldest first."""
        waiting = call.asked["waiting"]
        reviews = waiting_for(call.actor) if waiting else reviews_for(call.actor)
        if state := call.asked["state"]:
            reviews = reviews.filter(state=state)
        return call.page(reviews, "pk" if waiting else "-pk")

    @endpoint("request_review", takes=NewReviewShape, answers=ReviewInFullShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> With:
        """Ask that a version goes to a stage, under an alias, or both."""
        named, stage = call.said["version"], call.said.get("stage")
        version = find_version(named["registry"], named["name"], named["version"], actor=call.actor)
        review = request_review(
            version,
            stage=stage_named(stage, version.model) if stage else None,
            alias=call.said["alias"],
            reason=call.said["reason"],
            actor=call.actor,
        )
        return _in_full(review.pk, call)


class OneReview(View):
    @endpoint("get_review", answers=ReviewInFullShape)
    def get(self, call: Call, review: int) -> With:
        """One review: what has to hold, what changes, and what people decided."""
        return _in_full(review, call)


class Decisions(View):
    @endpoint("decide_review", takes=NewDecisionShape, answers=ReviewInFullShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, review: int) -> With:
        """Approve, ask for changes, reject or comment; the move is made as soon as everything holds."""
        decide(
            find_review(review, actor=call.actor),
            Decision.Verdict(call.said["verdict"]),
            comment=call.said["comment"],
            seen_digest=call.said["seen_digest"],
            actor=call.actor,
        )
        return _in_full(review, call)


class Withdrawal(View):
    @endpoint("withdraw_review", takes=WithdrawalShape, answers=ReviewInFullShape)
    def post(self, call: Call, review: int) -> With:
        """Take back a request of your own."""
        withdraw_review(find_review(review, actor=call.actor), reason=call.said["reason"], actor=call.actor)
        return _in_full(review, call)


class CarryingOut(View):
    @endpoint("carry_out_review", answers=ReviewInFullShape)
    def post(self, call: Call, review: int) -> With:
        """Make the move of an approved review that waits for somebody who may move versions there."""
        carry_out_review(find_review(review, actor=call.actor), actor=call.actor)
        return _in_full(review, call)


def _in_full(pk: int, call: Call) -> With:
    """The review as it stands now, with what a decision rests on."""
    review = find_review(pk, actor=call.actor)
    return With(
        review, checks=checks_in_full(review), comparison=comparison(review), subject_digest=present_digest(review)
    )
