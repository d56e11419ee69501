"""Asking for a review, deciding it, taking it back, and making the move that it allows: exactly once."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.queries import system_user
from accounts.rights import Right
from approvals import subjects
from approvals.models import Decision, Policy, Promotion, Review
from approvals.queries import checks, passage_check, policies_on
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Forbidden, GateRefused, Invalid, NotFound
from registry.gates import Move
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.names import check_alias
from registry.operations.placements import move_alias, move_stage
from registry.queries import version_at
from scanning.gates import unsafe_stays_out


@transaction.atomic
def request_review(
    version: ModelVersion, *, stage: Stage | None = None, alias: str = "", reason: str = "", actor: User
) -> Review:
    """Ask that the version goes to a stage, under an alias, or both. One review of a version goes on at a time."""
    access.require(actor, Right.REQUEST, version)
    moves = _moves(version, stage, alias, actor)
    if reasons := [refusal for move in moves if (refusal := unsafe_stays_out(move))]:
        raise GateRefused(reasons)
    review = Review(
        version=version,
        stage=stage,
        alias=alias,
        reason=reason,
        requested_by=actor,
        replaces=_standing(version, stage, alias),
    )
    policies = policies_on(review)
    if not policies:
        raise Invalid(
            "stage", f"No policy asks for a review of {review.destination}; the version can be moved directly."
        )
    review.subject_digest = subjects.subject_digest(version, policies)
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"A review of {version} is going on already.") from error
    review.policies.set(policies)
    record(
        Kind.REVIEW_REQUESTED,
        actor=actor,
        subject=review,
        registry_id=version.model.registry_id,
        reason=reason,
        version=version.number,
        to=review.destination,
    )
    # A policy may ask for a clean scan alone.
    _settle(review, policies)
    return review


@transaction.atomic
def decide(
    review: Review, verdict: Decision.Verdict, *, comment: str = "", seen_digest: str | None = None, actor: User
) -> Decision:
    """Approve, ask for changes, reject or comment.

    `seen_digest` is the state that the actor looked at: raises Conflict if it is not the present one any more, as for a
    review that is closed. Raises Forbidden for people who are too close to the version to approve it.
    """
    access.require(actor, Right.COMMENT if verdict == Decision.Verdict.COMMENT else Right.REVIEW, review)
    review = _locked(review)
    if not review.is_open:
        raise Conflict(f"Review {review.pk} is {review.get_state_display().lower()}; it cannot be decided any more.")
    policies = policies_on(review)
    digest = subjects.subject_digest(review.version, policies)
    if seen_digest and seen_digest != digest and verdict != Decision.Verdict.COMMENT:
        raise Conflict("What is reviewed has changed since you opened the page; look at it again.")
    if verdict == Decision.Verdict.APPROVE:
        _require_distance(review, actor, any(policy.separates_duties for policy in policies))
    if verdict in (Decision.Verdict.REQUEST_CHANGES, Decision.Verdict.COMMENT) and not comment.strip():
        raise Invalid("comment", "Say what you mean in a comment.")
    decision = Decision.objects.create(
        review=review, person=actor, verdict=verdict, comment=comment, subject_digest=digest
    )
    is_comment = verdict == Decision.Verdict.COMMENT
    record(
        Kind.REVIEW_COMMENTED if is_comment else Kind.REVIEW_DECIDED,
        actor=actor,
        subject=review,
        registry_id=review.version.model.registry_id,
        reason=comment,
        verdict=verdict,
        subject_digest=digest,
    )
    if verdict == Decision.Verdict.REJECT:
        _close(review, Review.State.REJECTED)
    elif not is_comment:
        _settle(review, policies)
    return decision


@transaction.atomic
def withdraw_review(review: Review, *, reason: str = "", actor: User) -> Review:
    """Take back a request; its requester may, and whoever manages the model."""
    access.require(actor, Right.REQUEST if review.requested_by_id == actor.pk else Right.MANAGE, review)
    review = _locked(review)
    if not review.is_open:
        raise Conflict(f"Review {review.pk} is {review.get_state_display().lower()} already.")
    _close(review, Review.State.WITHDRAWN)
    record(
        Kind.REVIEW_WITHDRAWN, actor=actor, subject=review, registry_id=review.version.model.registry_id, reason=reason
    )
    return review


@transaction.atomic
def apply_review(review: Review, *, actor: User) -> Promotion | None:
    """Make the move of an approved review if every check holds by now; None if it is not time, or was done before.

    It waits as long as neither the one who asked nor one who approves may make the move by hand.

    Safe to call at any moment and any number of times: whoever holds the row's lock does it, the others find it done.
    """
    access.require(actor, Right.ADMINISTER, None)
    review = _locked(review)
    if review.state != Review.State.APPROVED:
        return None
    if missing := [check.name for check in checks(review) if not check.holds]:
        if "approvals" in missing:
            # What was approved has changed since, so people are asked again.
            _mark(review, Review.State.OPEN, policies_on(review))
        return None
    if (passage := passage_check(review)) and not passage.holds:
        return None
    try:
        with transaction.atomic():
            return _promote(review, actor)
    except (GateRefused, NotFound):
        return None


@transaction.atomic
def carry_out_review(review: Review, *, actor: User) -> Promotion:
    """Make the move of an approved review in one's own name, where Gatehouse waits for somebody who may.

    Raises Conflict for a review that is not approved, GateRefused while a check fails, Forbidden at a protected place.
    """
    access.require(actor, Right.PROMOTE, review)
    review = _locked(review)
    if review.state != Review.State.APPROVED:
        state = "not approved yet" if review.is_open else f"{review.get_state_display().lower()} already"
        raise Conflict(f"Review {review.pk} is {state}.")
    if failed := [check.sentence for check in checks(review) if not check.holds]:
        raise GateRefused(failed)
    return _promote(review, actor)


def _promote(review: Review, actor: User) -> Promotion:
    """The move, and the review closed by it."""
    reason = f"Review {review.pk}: {review.reason}".rstrip(": ")
    placed = [
        move_stage(review.version, review.stage, reason=reason, actor=actor) if review.stage else None,
        move_alias(review.version, review.alias, reason=reason, actor=actor) if review.alias else None,
    ]
    _close(review, Review.State.APPLIED)
    promotion = Promotion.objects.create(review=review)
    promotion.placements.set(placement for placement in placed if placement)
    record(
        Kind.PROMOTION_DONE,
        actor=actor,
        subject=review.version,
        registry_id=review.version.model.registry_id,
        review=review.pk,
        to=review.destination,
    )
    return promotion


def _moves(version: ModelVersion, stage: Stage | None, alias: str, actor: User) -> list[Move]:
    if stage is None and not alias:
        raise Invalid("stage", "Name the stage or the alias that the version is to have.")
    if stage and stage.registry_id != version.model.registry_id:
        raise Invalid("stage", f"Stage {stage} is not on the ladder of this registry.")
    if alias:
        check_alias(alias)
    moves = [Move(version=version, actor=actor, stage=stage)] if stage else []
    return [*moves, Move(version=version, actor=actor, alias=alias)] if alias else moves


def _standing(version: ModelVersion, stage: Stage | None, alias: str) -> ModelVersion | None:
    """The version that the move would replace."""
    try:
        standing = version_at(version.model, stage=stage.name) if stage else version_at(version.model, alias=alias)
    except NotFound:
        return None
    return None if standing == version else standing


def _locked(review: Review) -> Review:
    """The review as it is now, for us alone until the transaction ends."""
    # The model first, as whoever moves or deletes a version does, or the two of us could wait for each other.
    RegisteredModel.objects.select_for_update().get(pk=review.version.model_id)
    return (
        Review.objects.select_for_update(of=("self",))
        .select_related(
            "stage",
            "requested_by",
            "version__model",
            "version__uploader",
            "version__tree",
            "version__source_run__created_by",
        )
        .get(pk=review.pk)
    )


def _require_distance(review: Review, actor: User, separates_duties: bool) -> None:
    if actor.kind != User.Kind.PERSON:
        raise Forbidden("A review is approved by a person.")
    if separates_duties and (reason := subjects.too_close(review).get(actor.pk)):
        raise Forbidden(reason)


def _settle(review: Review, policies: Sequence[Policy]) -> None:
    """The state that follows from what people said; the move itself is made as soon as everything holds."""
    approved = all(check.holds for check in checks(review) if check.name == "approvals")
    _mark(review, Review.State.APPROVED if approved else Review.State.OPEN, policies)
    if approved:
        # If something is still missing, the event that brings it calls again.
        apply_review(review, actor=system_user())
        review.refresh_from_db(fields=["state", "closed_at"])


def _mark(review: Review, state: Review.State, policies: Sequence[Policy]) -> None:
    review.state, review.subject_digest = state, subjects.subject_digest(review.version, policies)
    review.save(update_fields=["state", "subject_digest"])


def _close(review: Review, state: Review.State) -> None:
    review.state, review.closed_at = state, timezone.now()
    review.save(update_fields=["state", "closed_at"])
