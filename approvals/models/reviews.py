"""Reviews: a request to make one move, what people decided about it, and the move once it is made."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from approvals.models.policies import Policy
from registry.models import ModelVersion, Placement, Stage


class Review(models.Model):
    """The request to put a version at a stage, under an alias, or both at once."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved, waiting for its conditions"
        APPLIED = "applied", "Applied"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    access_part_of = "version"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="reviews")
    stage = models.ForeignKey(Stage, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    alias = models.CharField(max_length=255, blank=True)
    policies = models.ManyToManyField(Policy, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.TextField(blank=True)
    # The digest of what is reviewed, as of the request or the last decision: files, description, metrics, policies.
    # An approval counts for the digest that it names only.
    subject_digest = models.CharField(max_length=64)
    replaces = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stage__isnull=False) | ~Q(alias=""), name="review_of_stage_or_alias"),
            models.UniqueConstraint(
                fields=["version"], condition=Q(state__in=["open", "approved"]), name="one_open_review_per_version"
            ),
        ]
        indexes = [models.Index(fields=["state", "-requested_at"], name="review_by_state")]

    def __str__(self) -> str:
        return f"{self.version} to {self.destination}"

    @property
    def destination(self) -> str:
        """Where the version is to go, in words."""
        return " and ".join(
            place for place in (self.stage.name if self.stage else "", self.alias and f"@{self.alias}") if place
        )

    @property
    def is_open(self) -> bool:
        """Whether people can still decide."""
        return self.state in (Review.State.OPEN, Review.State.APPROVED)


class Decision(models.Model):
    """What one person said about a review at one moment."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approved"
        REQUEST_CHANGES = "request_changes", "Asked for changes"
        REJECT = "reject", "Rejected"
        COMMENT = "comment", "Commented"

    access_part_of = "review"

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    comment = models.TextField(blank=True)
    subject_digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_verdict_display()}"


class Promotion(models.Model):
    """The move that a review led to, with the placements it made. Its existence means: done, exactly once."""

    access_part_of = "review"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="promotion")
    placements = models.ManyToManyField(Placement, related_name="+")
    done_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.review)
