"""Accepting vulnerabilities, and finding versions and advisories."""

from datetime import UTC, datetime, time, timedelta

from django import forms
from django.utils import timezone

from dashboard.forms.refusals import RefusableForm
from supply.models import Severity

USUAL_DAYS = 90
_SEVERITIES = [(one.value, f"{one.label} or worse") for one in (Severity.LOW, Severity.MEDIUM, Severity.HIGH)]


class WaiverForm(RefusableForm):
    """Which vulnerabilities, why, and until when. The boxes stand beside the vulnerabilities."""

    keys = forms.MultipleChoiceField(error_messages={"required": "Choose at least one vulnerability."})
    reason = forms.CharField(
        label="Why this can be accepted", max_length=4_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    ends_on = forms.DateField(
        label="Until and with",
        help_text="At most 365 days from now. Then it counts again.",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def allow(self, keys: list[str]) -> "WaiverForm":
        """Offer these vulnerabilities."""
        field = self.fields["keys"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(key, key) for key in keys]
        self.fields["ends_on"].initial = (timezone.now() + timedelta(days=USUAL_DAYS)).date()
        return self

    def chosen(self) -> list[str]:
        """The keys that are ticked, also after a refusal."""
        return list(self.data.getlist("keys")) if self.is_bound else []  # type: ignore[attr-defined] # of a request

    def ends_at(self) -> datetime:
        """The last second of that day."""
        return datetime.combine(self.cleaned_data["ends_on"], time(23, 59, 59), tzinfo=UTC)


class VulnerableForm(forms.Form):
    """Which versions of a registry are listed."""

    severity = forms.ChoiceField(
        required=False,
        choices=[("", "Any severity"), *_SEVERITIES, ("critical", "Critical"), ("malicious", "Malicious")],
    )
    package = forms.CharField(required=False, max_length=214)
    show = forms.ChoiceField(required=False, choices=[("", "In use"), ("all", "All versions")])
