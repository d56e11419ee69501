"""Setting up a second factor."""

from django import forms

from dashboard.forms.refusals import RefusableForm


class FirstCodeForm(RefusableForm):
    """The first code of a generator, which proves that it has the key."""

    code = forms.CharField(
        label="The six digits that it shows now",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    next = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
