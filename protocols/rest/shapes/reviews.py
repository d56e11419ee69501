"""Reviews, what people decided, and what still has to hold."""

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import Decision, Review
from protocols.rest.shapes import Name, PageAsked, Shape, Text
from protocols.rest.shapes.versions import VersionNamedShape


class ReviewsAsked(PageAsked):
    """Which reviews to list."""

    state = serializers.ChoiceField(Review.State.values, required=False, default=None)
    waiting = serializers.ChoiceField(["me"], required=False, default=None, help_text="Only those that wait for you.")


class ReviewShape(Shape):
    """A request to put a version at a stage, under an alias, or both."""

    id = serializers.IntegerField(source="pk")
    registry = serializers.CharField(source="version.model.registry.name")
    name = serializers.CharField(source="version.model.name")
    version = serializers.IntegerField(source="version.number")
    stage = serializers.CharField(source="stage.name", allow_null=True)
    alias = Name()
    replaces = serializers.IntegerField(
        source="replaces.number", allow_null=True, help_text="The version that stood there before."
    )
    state = serializers.CharField(help_text="open, approved, applied, rejected or withdrawn")
    reason = serializers.CharField()
    requested_by = serializers.CharField(source="requested_by.username")
    requested_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class CheckShape(Shape):
    """One thing that has to hold before the version is moved."""

    name = serializers.CharField()
    holds = serializers.BooleanField()
    sentence = serializers.CharField()


class DecisionShape(Shape):
    """What one person said about one state of what is reviewed."""

    person = serializers.CharField(source="person.username")
    verdict = serializers.CharField(help_text="approve, request_changes, reject or comment")
    comment = serializers.CharField()
    subject_digest = serializers.CharField()
    at = serializers.DateTimeField()


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}], "nullable": True})
class Measured(serializers.Field[Any, Any, Any, Any]):
    """A text or a number; NaN and the infinities, which JSON does not have, are spelled out."""

    def to_representation(self, value: Any) -> Any:
        """The value as JSON can hold it."""
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value


class DifferenceShape(Shape):
    """One parameter, metric or file before and after; null where it is absent."""

    name = serializers.CharField()
    before = Measured(allow_null=True)
    after = Measured(allow_null=True)
    is_change = serializers.BooleanField()


class ComparisonShape(Shape):
    """The version against the one that it would replace."""

    before = serializers.IntegerField(source="before.number", allow_null=True)
    after = serializers.IntegerField(source="after.number")
    metrics = DifferenceShape(many=True)
    params = DifferenceShape(many=True)
    files = DifferenceShape(many=True, help_text="By SHA-256.")


class ReviewInFullShape(ReviewShape):
    """A review with all that a decision rests on. `subject_digest` names this state of it."""

    subject_digest = serializers.CharField(help_text="Send it with a decision as `seen_digest`.")
    checks = CheckShape(many=True)
    comparison = ComparisonShape()
    decisions = serializers.SerializerMethodField()

    @extend_schema_field(DecisionShape(many=True))
    def get_decisions(self, review: Any) -> Any:
        """In the order in which they were made."""
        return DecisionShape(review.decisions.select_related("person"), many=True).data


class NewReviewShape(Shape):
    """A review to be asked for."""

    version = VersionNamedShape()
    stage = Text(most=64, required=False)
    alias = Text(most=255, required=False, default="")
    reason = Text(required=False, allow_blank=True, default="")


class NewDecisionShape(Shape):
    """What you decide."""

    verdict = serializers.ChoiceField(Decision.Verdict.values)
    comment = Text(required=False, allow_blank=True, default="")
    seen_digest = Text(most=64, required=False, default=None, help_text="`subject_digest` of the review as you saw it.")


class WithdrawalShape(Shape):
    """Why a review is taken back."""

    reason = Text(required=False, allow_blank=True, default="")
