"""Reading policies and reviews as an actor may see them, and what still stands between a version and its place."""

from collections.abc import Iterable, Iterator

from django.db.models import BigIntegerField, CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from approvals.models import Decision, Policy, Review
from approvals.rules import Demands, Said, approvals_check, approving, scan_check, strictest
from approvals.subjects import subject_digest, too_close
from lib.checks import Check
from lib.errors import NotFound
from lib.statements import Blank, Statement
from registry.models import ModelVersion, Stage
from registry.protections import guard_of, passages
from registry.queries import Comparison, compare, stage_of
from scanning.queries import verdict_of
from supply.gates.bills import bill_check
from supply.gates.licences import licence_check
from supply.gates.signatures import signature_check
from supply.gates.vulnerabilities import vulnerability_check
from supply.models.advisories import Severity

# As in subjects.too_close, in columns of a review.
_TOO_CLOSE = (
    "requested_by",
    "version__uploader",
    "version__source_run__created_by",
    "version__logged_model__created_by",
    "version__copied_from__source_run__created_by",
    "version__copied_from__logged_model__created_by",
)
OPEN_STATES = (Review.State.OPEN, Review.State.APPROVED)


def reviews_for(actor: User) -> QuerySet[Review]:
    """The reviews of versions that the actor sees, newest first."""
    rows = Review.objects.filter(version__deleted_at=None).select_related(*_WITH_REVIEW)
    return access.visible(actor, rows).order_by("-pk")


def waiting_for(actor: User) -> QuerySet[Review]:
    """Open reviews that the actor may decide, is not too close to, and has not decided as they are; oldest first."""
    judged = Decision.objects.filter(review=OuterRef("pk"), person=actor, subject_digest=OuterRef("subject_digest"))
    spoken = judged.exclude(verdict=Decision.Verdict.COMMENT)
    rows = Review.objects.filter(version__deleted_at=None, state=Review.State.OPEN).select_related(*_WITH_REVIEW)
    mine = Q()
    for near in _TOO_CLOSE:
        mine |= Q(**{near: actor}) | Q(**{f"{near}__owner": actor})
    return access.visible(actor, rows, Right.REVIEW).filter(~Exists(spoken)).exclude(mine).order_by("pk")


def find_review(pk: int, *, actor: User) -> Review:
    """This review, if the actor may see its version. Raises NotFound."""
    review = reviews_for(actor).filter(pk=pk).first()
    if review is None:
        raise NotFound(f"Review {pk} was not found.")
    return review


def open_review(version: ModelVersion) -> Review | None:
    """The review that is going on about this version."""
    return Review.objects.filter(version=version, state__in=OPEN_STATES).select_related(*_WITH_REVIEW).first()


def policies_for(actor: User) -> QuerySet[Policy]:
    """The policies of the registries that the actor sees; those in force first."""
    rows = Policy.objects.select_related("registry", "created_by")
    return access.visible(actor, rows).order_by("registry__name", "-is_in_force", "stage", "alias", "-number")


def policy_on(registry: Registry | int, *, stage: Stage | None = None, alias: str = "") -> Policy | None:
    """The policy in force for a stage or an alias, in whatever case it is written; None where moves are free."""
    pk = registry if isinstance(registry, int) else registry.pk
    return _policy.first(registry=pk, stage=stage.name if stage else "", alias=alias)


def policies_in_force(registry: Registry | int) -> list[Policy]:
    """Every policy that is in force in a registry."""
    return list(Policy.objects.filter(registry=registry, is_in_force=True).order_by("pk"))


def reviews_of(versions: Iterable[ModelVersion]) -> QuerySet[Review]:
    """The reviews of versions that were found for an actor before, newest first."""
    rows = Review.objects.filter(version__in=[version.pk for version in versions])
    return rows.select_related("stage", "requested_by", "version__model").order_by("-pk")


def policies_on(review: Review) -> list[Policy]:
    """The policies in force now for where the version is to go: the present ones decide, not those of the request."""
    registry = review.version.model.registry_id
    found = [
        policy_on(registry, stage=review.stage) if review.stage else None,
        policy_on(registry, alias=review.alias) if review.alias else None,
    ]
    return [policy for policy in found if policy]


def checks(review: Review) -> list[Check]:
    """Everything that has to hold before the review is applied, with the facts of this moment."""
    policies = policies_on(review)
    asked = strictest(policies)
    answers = [scan_check(verdict_of(review.version.tree))] if asked.needs_clean_scan else []
    answers += _supply_checks(review.version, asked)
    answers.append(
        approvals_check(
            _said(review),
            needed=asked.approvals_needed,
            subject_digest=subject_digest(review.version, policies),
            excluded=too_close(review) if asked.separates_duties else {},
        )
    )
    return answers


def _supply_checks(version: ModelVersion, asked: Demands) -> Iterator[Check]:
    """What a policy can ask of the supply chain; what none asks is not looked at."""
    if asked.most_severe_vulnerability:
        yield vulnerability_check(version, Severity(asked.most_severe_vulnerability))
    if asked.needs_signature:
        yield signature_check(version)
    if asked.bill_completeness:
        yield bill_check(version, asked.bill_completeness)
    if asked.allowed_licences is not None:
        yield licence_check(version, asked.allowed_licences)


def passage_check(review: Review) -> Check | None:
    """Whether the one who asked, or one who approves, may make this move by hand; None where that goes without saying.

    Gatehouse makes the move only if this holds. Somebody else who may can make it as soon as all the others hold.
    """
    version, model = review.version, review.version.model
    guard = guard_of(model, actor=review.requested_by)
    ways = passages(version, stage=review.stage, alias=review.alias) if guard.places else []
    steps = [step for way in ways for step in guard.on_the_way(way)]
    left = _governed_stage_left(review)
    for person in _movers(review):
        if not access.can(person, Right.MANAGE if left else Right.PROMOTE, version):
            continue
        if not steps or not guard_of(model, actor=person).reasons(*ways):
            return Check("passage", True, f"{person.name} may make this move.") if steps or left else None
    # One that is entered and left by another version is named once, as entered.
    leaves = dict(sorted(steps, key=lambda step: step[1], reverse=True))
    named = {place: leaves[place] for place, _ in steps}
    what = "; ".join(f"{place.what(leaving=leaving)}: {place.who}" for place, leaving in named.items())
    what = what or (f"take a version away from {left}: maintainers" if left else f"move versions of {model}")
    if review.state == Review.State.APPROVED:
        return Check("passage", False, f"Approved; waiting for somebody who may {what}.")
    return Check("passage", False, f"Neither who asked nor anybody who approved may {what}.")


def _movers(review: Review) -> Iterator[User]:
    """Those in whose name Gatehouse moves: who asked, then who approves."""
    yield review.requested_by
    yield from _approving(review)


def _governed_stage_left(review: Review) -> Stage | None:
    """The stage with a policy that the version would leave for another one, which takes somebody who manages it."""
    present = stage_of(review.version) if review.stage else None
    if present is None or present == review.stage:
        return None
    return present if policy_on(review.version.model.registry_id, stage=present) else None


def checks_in_full(review: Review) -> list[Check]:
    """Everything that Gatehouse waits for before it makes the move itself."""
    passage = passage_check(review)
    return [*checks(review), *([passage] if passage else [])]


def may_carry_out(review: Review, actor: User) -> bool:
    """Whether the move of an approved review that waits for somebody could be made by this actor now."""
    if review.state != Review.State.APPROVED or not access.can(actor, Right.PROMOTE, review):
        return False
    ways = passages(review.version, stage=review.stage, alias=review.alias)
    guard = guard_of(review.version.model, actor=actor)
    return not guard.reasons(*ways) and all(check.holds for check in checks(review))


def _approving(review: Review) -> list[User]:
    """Those whose approval counts now."""
    policies = policies_on(review)
    people = approving(
        _said(review),
        subject_digest=subject_digest(review.version, policies),
        excluded=too_close(review) if any(policy.separates_duties for policy in policies) else {},
    )
    return list(User.objects.filter(pk__in=people).order_by("pk"))


def _said(review: Review) -> list[Said]:
    """What was decided by those who are still reviewers; who lost the role or the account decides nothing any more."""
    decisions = review.decisions.exclude(verdict=Decision.Verdict.COMMENT).select_related("person")
    people = {decision.person_id: decision.person for decision in decisions}
    reviewers = {pk for pk, person in people.items() if access.can(person, Right.REVIEW, review)}
    return [
        Said(decision.person_id, decision.person.name, decision.verdict, decision.subject_digest)
        for decision in decisions
        if decision.person_id in reviewers
    ]


def present_digest(review: Review) -> str:
    """The digest of what is reviewed, as it is now."""
    return subject_digest(review.version, policies_on(review))


def hindrance(review: Review, actor: User) -> str:
    """Why the actor may not approve this review, as a sentence for the actor; empty for those who may."""
    if actor.kind != User.Kind.PERSON:
        return "A review is approved by a person."
    if any(policy.separates_duties for policy in policies_on(review)) and (reason := too_close(review).get(actor.pk)):
        return reason
    if not access.can(actor, Right.REVIEW, review):
        return "You are not a reviewer of this model; a maintainer of the registry can make you one."
    return ""


def comparison(review: Review) -> Comparison:
    """What changes against the version that stands there now (or stood there when the review was applied)."""
    return compare(review.replaces, review.version)


_WITH_REVIEW = (
    "stage",
    "requested_by",
    "version__model__registry",
    "version__uploader",
    "version__tree",
    "version__source_run__created_by",
    "replaces__source_run",
    "replaces__tree",
    "replaces__model",
)


_policy = Statement(
    lambda: Policy.objects.alias(upper_alias=Upper("alias")).filter(
        registry=Blank("registry", BigIntegerField()),
        stage=Blank("stage", CharField()),
        upper_alias=Upper(Blank("alias", CharField())),
        is_in_force=True,
    )
)
