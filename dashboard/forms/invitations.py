"""Inviting somebody, and accepting an invitation."""

from typing import Any

from django import forms

from accounts.models import Team, User
from accounts.queries import teams_for
from dashboard.forms.refusals import RefusableForm


class InvitationForm(RefusableForm):
    """Whom to invite, and into which teams."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(),
        required=False,
        help_text="The person is in them from the start.",
        to_field_name="name",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["teams"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = teams_for(actor).order_by("name")


class AcceptForm(RefusableForm):
    """Who somebody wants to be here."""

    username = forms.CharField(
        label="User name",
        max_length=100,
        help_text="Small letters, digits, dot, underscore and dash.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    display_name = forms.CharField(
        label="Name to show", max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        help_text="At least 12 characters, nothing common, not your name.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Password again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if "password" in said and "again" in said and said["password"] != said["again"]:
            self.add_error("again", "The two passwords differ.")
        return said
