"""Making, rotating and looking for access tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Model
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.models.tokens import longest_life
from accounts.queries import find_registry
from accounts.rights import Scope
from dashboard.forms.refusals import RefusableForm
from lib.errors import HouseError, Invalid, NotFound
from registry.queries import find_model

SCOPES = [
    (Scope.READ, "Read: find, compare, download"),
    (Scope.WRITE, "Write: log runs, register, tag, ask for reviews, move stages"),
    (Scope.REVIEW, "Review: decide on reviews"),
    (Scope.ADMIN, "Admin: roles, tokens, everything else"),
]
_LIVES = {1: "1 day", 7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year"}
_OVERLAPS = [("0", "at once"), ("1", "in 1 hour"), ("24", "in 1 day"), ("72", "in 3 days"), ("168", "in 7 days")]
_FIELD_OF = {"expires_at": "days", "limit": "good_for"}


class TokenForm(RefusableForm):
    """What the token is for, whose it is, what it may do, where, and when it ends."""

    name = forms.CharField(
        max_length=100, help_text="Where it is used, so that you know which one to revoke: laptop, training pipeline."
    )
    owner = forms.ChoiceField(label="It signs in", required=False)
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=SCOPES,
        initial=[Scope.READ, Scope.WRITE],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
        help_text="A token never does more than its account may.",
    )
    good_for = forms.CharField(
        label="Only for",
        max_length=330,
        required=False,
        help_text="A registry, or one model as registry/model. It sees and changes nothing else. Empty for everything.",
    )
    days = forms.ChoiceField(label="It ends after")

    def __init__(self, data: Any = None, *, owners: Sequence[User]) -> None:
        super().__init__(data)
        self.owners = {owner.username: owner for owner in owners}
        most = {owner.kind: longest_life(owner).days for owner in owners}
        longest = max(most.values())
        lives = {days: words for days, words in _LIVES.items() if days <= longest} or {longest: f"{longest} days"}
        owner, days = self.fields["owner"], self.fields["days"]
        owner.choices = [(name, f"{owner.name} ({name})") for name, owner in self.owners.items()]  # type: ignore[attr-defined]
        if len(owners) == 1:
            del self.fields["owner"]
        days.choices = [(str(life), words) for life, words in lives.items()]  # type: ignore[attr-defined]
        days.initial = str(max(life for life in lives if life <= 90 or life == min(lives)))
        days.help_text = f"{longest} days at most."
        if User.Kind.SERVICE in most and most[User.Kind.SERVICE] != longest:
            days.help_text += f" Of a service account {most[User.Kind.SERVICE]} days."

    def chosen_owner(self) -> User:
        """Whom it signs in: the first of the owners unless another one was chosen."""
        return self.owners.get(self.cleaned_data.get("owner") or "") or next(iter(self.owners.values()))

    def chosen_scopes(self) -> list[Scope]:
        """The ticked scopes as words of the house."""
        return [Scope(scope) for scope in self.cleaned_data["scopes"]]

    def end(self) -> datetime:
        """When the token stops working."""
        return timezone.now() + timedelta(days=int(self.cleaned_data["days"]))

    def limit(self, *, actor: User) -> Model | None:
        """What it is good for, among what the actor sees. Raises Invalid."""
        registry, slash, model = self.cleaned_data["good_for"].strip().partition("/")
        if not registry:
            return None
        try:
            return find_model(registry, model, actor=actor) if slash else find_registry(registry, actor=actor)
        except NotFound as error:
            raise Invalid("limit", error.message) from error

    def refuse(self, refusal: HouseError) -> None:
        """Show it beside the field that stands for what the operation names."""
        if isinstance(refusal, Invalid):
            refusal = Invalid(_FIELD_OF.get(refusal.field, refusal.field), refusal.message)
        super().refuse(refusal)


class RotationForm(RefusableForm):
    """When the old token ends."""

    overlap_hours = forms.ChoiceField(
        label="The old token ends",
        choices=_OVERLAPS,
        initial="24",
        help_text="Long enough to put the new secret everywhere.",
    )

    def overlap(self) -> timedelta:
        """For how long both work."""
        return timedelta(hours=int(self.cleaned_data["overlap_hours"]))


class TokenSearchForm(forms.Form):
    """Which tokens to show."""

    owner = forms.CharField(label="Account", max_length=100, required=False)
    state = forms.ChoiceField(choices=[("", "Any"), *ApiToken.State.choices], required=False)
