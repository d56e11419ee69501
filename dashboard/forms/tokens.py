"""Making an access token."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from accounts.rights import Scope
from dashboard.forms.refusals import RefusableForm

_SCOPES = [
    (Scope.READ, "Read: find, compare, download"),
    (Scope.WRITE, "Write: log runs, register, tag, ask for reviews, move stages"),
    (Scope.REVIEW, "Review: decide on reviews"),
    (Scope.ADMIN, "Admin: roles, tokens, everything else"),
]
_LIVES = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year")]


class TokenForm(RefusableForm):
    """What the token is for, what it may do and when it ends."""

    name = forms.CharField(
        max_length=100, help_text="Where it is used, so that you know which one to revoke: laptop, training pipeline."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=_SCOPES,
        initial=[Scope.READ, Scope.WRITE],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
        help_text="A token never does more than your account may.",
    )
    days = forms.ChoiceField(label="It ends after", choices=_LIVES, initial="90")

    def chosen_scopes(self) -> list[Scope]:
        """The ticked scopes as words of the house."""
        return [Scope(scope) for scope in self.cleaned_data["scopes"]]

    def end(self) -> datetime:
        """When the token stops working."""
        return timezone.now() + timedelta(days=int(self.cleaned_data["days"]))
