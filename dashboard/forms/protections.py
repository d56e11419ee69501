"""Naming those who may move versions at a protected place."""

from typing import Any

from django import forms

from accounts.rights import Right, Role, roles_with
from dashboard.forms.refusals import RefusableForm
from registry.models import Stage

_ROLES = [(name, f"{Role(name).value.replace('_', ' ').capitalize()}s") for name in roles_with(Right.PROMOTE)]


class ProtectionForm(RefusableForm):
    """A stage or an alias, and the roles and teams that move versions there."""

    stage = forms.ChoiceField(required=False)
    alias = forms.CharField(
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"placeholder": "champion", "autocapitalize": "none"}),
        help_text="Instead of a stage: the name that only these people move, in every model of the registry.",
    )
    roles = forms.MultipleChoiceField(
        label="People with one of these roles on the model",
        choices=_ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    teams = forms.CharField(
        label="And people in one of these teams",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"placeholder": "release, risk", "autocapitalize": "none"}),
        help_text="Names of teams, with commas between them. Members still need a role that may move versions at all.",
    )

    def __init__(self, stages: list[Stage], own_teams: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_teams:
            self.fields["teams"].help_text += f" Such as {', '.join(own_teams)}."
        field = self.fields["stage"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "no stage, an alias"), *((stage.name, stage.name) for stage in stages)]

    def chosen_roles(self) -> list[Role]:
        """The ticked roles as words of the house."""
        return [Role(name) for name in self.cleaned_data["roles"]]

    def named_teams(self) -> list[str]:
        """The names, each once."""
        names = (name.strip() for name in self.cleaned_data["teams"].split(","))
        return list(dict.fromkeys(name for name in names if name))
