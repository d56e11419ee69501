"""Deciding on a review."""

from django import forms

from approvals.models import Decision
from dashboard.forms.refusals import RefusableForm

_VERDICTS = {
    Decision.Verdict.APPROVE: "Approve",
    Decision.Verdict.REQUEST_CHANGES: "Ask for changes",
    Decision.Verdict.REJECT: "Reject",
    Decision.Verdict.COMMENT: "Comment only",
}


class DecisionForm(RefusableForm):
    """A verdict with a comment, about the state of things that was on the page."""

    verdict = forms.ChoiceField(
        label="Your decision", widget=forms.RadioSelect, error_messages={"required": "Choose one."}
    )
    comment = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))
    seen_digest = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def allow(self, verdicts: list[Decision.Verdict]) -> "DecisionForm":
        """Offer these verdicts."""
        field = self.fields["verdict"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(verdict.value, _VERDICTS[verdict]) for verdict in verdicts]
        if verdicts == [Decision.Verdict.COMMENT]:
            field.widget, field.initial = forms.HiddenInput(), Decision.Verdict.COMMENT.value
            self.fields["comment"].required = True
        return self
