"""Policies and reviews in the admin: put a policy in force, read reviews, decide."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.admin.base import HouseAdmin, RegistryFilter, ShownInline, actor_of
from accounts.models import User
from accounts.queries import registries_for
from accounts.rights import Right
from approvals.models import Decision, Policy, Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import decide
from approvals.queries import checks
from approvals.rules import in_words

WORDS = {
    "approvals_needed": "approvals",
    "separates_duties": "not by their own",
    "needs_clean_scan": "a clean scan",
    "accepts_findings": "accepted findings will do",
    "most_severe_vulnerability": "no vulnerability of this severity or worse",
    "needs_signature": "a signature",
    "bill_completeness": "bill of materials, complete to per cent",
    "allowed_licences": "licences",
}
HELP = {
    "approvals_needed": "How many reviewers have to approve; 0 for none.",
    "separates_duties": "Who uploaded, trained or asked does not approve.",
    "needs_clean_scan": "The scan of the files has to be clean.",
    "accepts_findings": "Findings that need a look pass once a waiver accepts them; else only a clean scan does.",
    "most_severe_vulnerability": "In the packages that the files require. Empty: not asked.",
    "needs_signature": "By a key or an authority that the registry trusts, over every file.",
    "bill_completeness": "From 1 to 100; 0: not asked.",
    "allowed_licences": "As SPDX names them, with commas: MIT, Apache-2.0. One of them will do. Empty: not asked.",
}


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """A policy to be put in force, in place of the one before."""

    class Meta:
        model = Policy
        fields = (
            "registry",
            "stage",
            "alias",
            "approvals_needed",
            "separates_duties",
            "needs_clean_scan",
            "accepts_findings",
            "most_severe_vulnerability",
            "needs_signature",
            "bill_completeness",
            "allowed_licences",
        )
        labels = WORDS
        help_texts = HELP

    bill_completeness = forms.IntegerField(
        label=WORDS["bill_completeness"],
        required=False,
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=HELP["bill_completeness"],
    )
    allowed_licences = forms.CharField(
        label=WORDS["allowed_licences"],
        required=False,
        max_length=4_000,
        widget=UnfoldAdminTextInputWidget,
        help_text=HELP["allowed_licences"],
    )

    def clean_bill_completeness(self) -> int:
        """Nothing said is nothing asked."""
        return self.cleaned_data["bill_completeness"] or 0

    def clean_allowed_licences(self) -> list[str]:
        """The names between the commas."""
        return [name.strip() for name in self.cleaned_data["allowed_licences"].split(",") if name.strip()]

    def _get_validation_exclusions(self) -> set[str]:
        """The operation numbers policies and retires the old one, so the constraints are not for the form to check."""
        return {field.name for field in Policy._meta.get_fields()}


@admin.register(Policy)
class PolicyAdmin(HouseAdmin):
    """Policies. One in force is replaced, never edited."""

    form_to_add = PolicyForm
    shown = (
        "registry",
        "stage",
        "alias",
        "number",
        "what_it_asks",
        "is_in_force",
        "created_by",
        "created_at",
    )
    readonly_fields = ("what_it_asks",)
    list_display = (
        "__str__",
        "registry",
        "what_it_asks",
        "is_in_force",
        "created_by",
        "created_at",
    )
    list_filter = (RegistryFilter, "is_in_force")
    list_select_related = ("registry", "created_by")
    search_fields = ("stage", "alias")
    ordering = ("registry__name", "-is_in_force", "stage", "alias", "-number")

    @admin.display(description="what it asks")
    def what_it_asks(self, policy: Policy) -> str:
        """A sentence for each rule."""
        return format_html_join(mark_safe("<br>"), "{}", [(sentence,) for sentence in in_words(policy)])

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage a registry."""
        return registries_for(actor_of(request), Right.MANAGE).exists()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the registries that the actor manages."""
        if db_field.name == "registry":
            kwargs["queryset"] = registries_for(actor_of(request), Right.MANAGE)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, said: dict[str, Any], *, actor: User) -> Policy:
        """The policy, under the next number."""
        return create_policy(said.pop("registry"), **said, actor=actor)


class DecisionInline(ShownInline):
    """What people said."""

    model = Decision
    fields = ("person", "verdict", "comment", "at")
    follows = ("person",)


class DecidingForm(ActionForm):
    """The menu of decisions, with room for a comment."""

    comment = forms.CharField(
        label="",
        required=False,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "Comment", "aria-label": "Comment", "x-show": "action"}
        ),
    )


@admin.register(Review)
class ReviewAdmin(HouseAdmin):
    """Reviews, to be read and decided."""

    shown = (
        "version",
        "stage",
        "alias",
        "state",
        "reason",
        "replaces",
        "requested_by",
        "requested_at",
        "closed_at",
        "subject_digest",
        "what_must_hold",
    )
    readonly_fields = ("what_must_hold",)
    list_display = ("__str__", "registry", "state", "requested_by", "requested_at", "closed_at")
    list_filter = (type("InRegistryOfVersion", (RegistryFilter,), {"path": "version__model__registry"}), "state")
    list_select_related = ("version__model__registry", "stage", "requested_by")
    search_fields = ("version__model__name", "requested_by__username")
    ordering = ("-pk",)
    inlines = (DecisionInline,)
    action_form = DecidingForm
    actions = ("approve", "request_changes", "reject")

    @admin.display(description="what must hold")
    def what_must_hold(self, review: Review) -> str:
        """Every check with the facts of this moment."""
        lines = [("✓" if check.holds else "✗", check.sentence) for check in checks(review)]
        return format_html_join(mark_safe("<br>"), "{} {}", lines) if review.is_open else "The review is closed."

    @admin.display(ordering="version__model__registry__name")
    def registry(self, review: Review) -> str:
        """Where its model is."""
        return review.version.model.registry.name

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Approve what is reviewed as it is now."""
        self._decide(request, reviews, Decision.Verdict.APPROVE)

    @admin.action(description="Ask for changes")
    def request_changes(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Ask for changes; the comment says which."""
        self._decide(request, reviews, Decision.Verdict.REQUEST_CHANGES)

    @admin.action(description="Reject")
    def reject(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Close the review without a move."""
        self._decide(request, reviews, Decision.Verdict.REJECT)

    def _decide(self, request: HttpRequest, reviews: QuerySet[Review], verdict: Decision.Verdict) -> None:
        def say(review: Review) -> str:
            decide(review, verdict, comment=request.POST.get("comment", ""), actor=actor_of(request))
            return f"{review}: {verdict.label.lower()}."

        self.each(request, reviews, say)
