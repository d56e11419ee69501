"""Bringing a bill of materials along."""

from django import forms

from dashboard.forms.refusals import RefusableForm


class SupplyForm(RefusableForm):
    """A CycloneDX document from the person's own disk."""

    document = forms.FileField(
        label="A CycloneDX document",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text="JSON, CycloneDX 1.4 to 1.6, at most 5 MiB. Hashes of files in it have to be those stored here.",
    )
