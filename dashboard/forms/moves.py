"""Moving a version, and asking others to let it move."""

from typing import Any

from django import forms

from dashboard.forms.refusals import RefusableForm
from dashboard.places import Place


class StageForm(RefusableForm):
    """A move to a stage."""

    stage = forms.CharField(max_length=64, widget=forms.HiddenInput)


class AliasForm(RefusableForm):
    """A name for this version that can move to another one later."""

    alias = forms.CharField(
        max_length=255, widget=forms.TextInput(attrs={"placeholder": "challenger", "autocapitalize": "none"})
    )


class RollbackForm(RefusableForm):
    """Where the version before is to come back, and why."""

    stage = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    alias = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=10_000)


class AskForm(RefusableForm):
    """The request that a version goes where a policy asks for a review."""

    stage = forms.ChoiceField(required=False)
    alias = forms.ChoiceField(required=False)
    reason = forms.CharField(
        label="Why", max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}), help_text="Reviewers read this first."
    )

    def __init__(self, places: list[Place], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        governed = [place for place in places if place.is_governed and not place.is_here]
        stages = [(place.stage.name, place.stage.name) for place in governed if place.stage]
        aliases = [(place.alias, f"@{place.alias}") for place in governed if place.alias]
        self._offer("stage", stages, "keep the stage")
        self._offer("alias", aliases, "no alias")

    def _offer(self, name: str, choices: list[tuple[str, str]], none: str) -> None:
        """Let people choose one or none; leave the field out when there is nothing to choose."""
        if not choices:
            del self.fields[name]
            return
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", none), *choices]
            field.initial = choices[0][0] if name == "stage" else ""
