"""Accepting findings, allowing names, and keeping files in quarantine."""

from datetime import UTC, datetime, time

from django import forms

from dashboard.forms.refusals import RefusableForm

_LONGEST_REASON = 4_000


class AcceptForm(RefusableForm):
    """Why findings are accepted, and until when. Which ones are ticked boxes among the findings."""

    reason = forms.CharField(
        label="Why this can be accepted", max_length=_LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3})
    )
    ends_on = forms.DateField(
        label="Until the end of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty for good. What is unsafe or failed is for administrators to accept, for 90 days at most.",
    )

    def ends_at(self) -> datetime | None:
        """The last moment of that day."""
        day = self.cleaned_data["ends_on"]
        return datetime.combine(day, time(23, 59, 59), UTC) if day else None


class AllowNameForm(RefusableForm):
    """One exact name of another library."""

    module = forms.CharField(
        max_length=255,
        widget=forms.TextInput(attrs={"placeholder": "statsmodels.regression.linear_model", "autocapitalize": "none"}),
    )
    name = forms.CharField(
        max_length=255, widget=forms.TextInput(attrs={"placeholder": "OLS", "autocapitalize": "none"})
    )
    reason = forms.CharField(
        label="Why models here need it", max_length=_LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )


class QuarantineForm(RefusableForm):
    """Why nobody may use the files."""

    reason = forms.CharField(
        label="Why nobody may use these files", max_length=_LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )
