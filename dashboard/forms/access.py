"""Giving roles, asking for them, deciding on what was asked, and asking why."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from accounts.rights import ROLE_LABELS, Right, Role
from dashboard.forms.refusals import RefusableForm
from dashboard.forms.suggestions import SuggestingField

RIGHT_WORDS = {
    Right.SEE: "See it",
    Right.DOWNLOAD: "Download files",
    Right.COMMENT: "Comment",
    Right.LOG: "Log runs",
    Right.REGISTER: "Register models and versions",
    Right.EDIT: "Edit descriptions and tags",
    Right.REQUEST: "Ask for reviews",
    Right.PROMOTE: "Move versions",
    Right.REVIEW: "Decide on reviews",
    Right.MANAGE: "Manage: roles, names, deletion",
    Right.AUDIT: "Read the log and who has access",
    Right.ADMINISTER: "Administer the installation",
}


class EndsForm(RefusableForm):
    """The base of forms about a role that may end."""

    role = forms.ChoiceField(choices=ROLE_LABELS, initial=Role.READER.value)
    ends_at = forms.DateField(
        label="It ends after",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day, in UTC. Empty for good.",
    )

    def chosen_role(self) -> Role:
        """The role as a word of the house."""
        return Role(self.cleaned_data["role"])

    def end(self) -> datetime | None:
        """When the role ends: with the day that was named."""
        day: date | None = self.cleaned_data["ends_at"]
        return datetime.combine(day + timedelta(days=1), time(), UTC) if day and day.year < 9999 else None

    def clean_ends_at(self) -> date | None:
        """A day that there is a moment after."""
        day: date | None = self.cleaned_data["ends_at"]
        if day and day.year >= 9999:
            raise forms.ValidationError("Name an earlier day, or none.")
        return day


def last_day(ends_at: datetime | None) -> date | None:
    """The day to show in the form for a role that ends then."""
    return (ends_at - timedelta(microseconds=1)).astimezone(UTC).date() if ends_at else None


class GiveForm(EndsForm):
    """A role for a person, a service account or a team."""

    kind = forms.ChoiceField(
        label="To",
        choices=[("account", "A person or service account"), ("team", "A team")],
        initial="account",
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
        help_text="The user name, or the name of the team.",
    )
    field_order = ("kind", "name", "role", "ends_at")

    def receiver(self) -> dict[str, str]:
        """As `find_grantee` wants it."""
        return {self.cleaned_data["kind"]: self.cleaned_data["name"].strip()}


class AskAccessForm(EndsForm):
    """A role that somebody would like to have, and why."""

    reason = forms.CharField(
        label="Why",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Maintainers read this when they decide.",
    )

    def __init__(self, roles: list[Role], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(value, label) for value, label in ROLE_LABELS if Role(value) in roles]


class AnswerForm(EndsForm):
    """The answer to a request: the role and its end may differ from what was asked for."""

    verdict = forms.ChoiceField(
        label="Your answer",
        choices=[("grant", "Give the role"), ("refuse", "Refuse")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one."},
    )
    answer = forms.CharField(
        label="Say something to it", required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("verdict", "role", "ends_at", "answer")


class ExplainForm(forms.Form):
    """Who, what and on which thing; the same names as in the native API."""

    account = forms.CharField(label="Who", required=False, max_length=100, help_text="A user name. Empty for yourself.")
    right = forms.ChoiceField(
        label="May",
        required=False,
        choices=[("", "Everything there is"), *((right.value, words) for right, words in RIGHT_WORDS.items())],
    )
    registry = SuggestingField(max_length=63)
    model = forms.CharField(required=False, max_length=256)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    experiment = forms.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, help_text="Its number, instead of a model."
    )
    stage = SuggestingField(
        required=False, max_length=64, help_text="To ask whether the version may be moved there now."
    )
    alias = forms.CharField(required=False, max_length=255)

    def __init__(self, *args: Any, places: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, names in zip(("registry", "stage"), zip(*places, strict=True), strict=False):
            field = self.fields[name]
            if isinstance(field, SuggestingField):
                field.suggest(names, list_id=f"known_{name}")

    def clean(self) -> dict[str, Any]:
        """What goes with what."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("version") and not said.get("model"):
            self.add_error("model", "A version belongs to a model.")
        if said.get("experiment") is not None and said.get("model"):
            self.add_error("experiment", "Name a model or an experiment, not both.")
        if (said.get("stage") or said.get("alias")) and not said.get("version"):
            self.add_error("version", "A move is of a version.")
        if said.get("stage") and said.get("alias"):
            self.add_error("alias", "Name a stage or an alias, not both.")
        return said
