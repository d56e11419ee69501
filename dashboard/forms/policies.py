"""Putting a policy in force."""

from typing import Any

from django import forms

from approvals.models import Policy
from approvals.rules import SEVERITIES
from dashboard.forms.refusals import RefusableForm
from registry.models import Stage

_RULES = (
    "approvals_needed",
    "separates_duties",
    "needs_clean_scan",
    "accepts_findings",
    "most_severe_vulnerability",
    "needs_signature",
    "bill_completeness",
)


def _yes_no(label: str, yes: str, no: str, *, initial: bool) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=[("yes", yes), ("no", no)],
        coerce=lambda value: value == "yes",
        initial="yes" if initial else "no",
        widget=forms.RadioSelect,
    )


class PolicyForm(RefusableForm):
    """The place, and what has to hold before a version goes there."""

    stage = forms.ChoiceField(required=False)
    alias = forms.CharField(
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"placeholder": "champion", "autocapitalize": "none"}),
        help_text="Instead of a stage: a name that moves from version to version, in every model of the registry.",
    )
    approvals_needed = forms.IntegerField(
        label="Approvals", min_value=0, max_value=20, initial=1, help_text="How many reviewers approve; 0 for none."
    )
    separates_duties = _yes_no(
        "Who approves",
        "Somebody who did not upload, train or ask for the version",
        "Every reviewer",
        initial=True,
    )
    needs_clean_scan = _yes_no("Scan", "The scan has to be clean", "The scan is not asked", initial=True)
    accepts_findings = _yes_no(
        "Findings that need a look",
        "Will do once somebody accepts them by a waiver",
        "Never will do; only a clean scan does",
        initial=True,
    )
    most_severe_vulnerability = forms.ChoiceField(
        label="Vulnerabilities in what the files require",
        required=False,
        choices=[
            ("", "are not asked about"),
            *(
                (word, "none of critical severity" if word == SEVERITIES[-1] else f"none of {word} severity or worse")
                for word in SEVERITIES
            ),
        ],
    )
    needs_signature = _yes_no(
        "Signature", "Somebody whom the registry trusts has signed every file", "None is asked for", initial=False
    )
    bill_completeness = forms.IntegerField(
        label="Bill of materials, complete to per cent",
        min_value=0,
        max_value=100,
        initial=0,
        help_text="From 1 to 100; 0 asks for none. The page of a version says what it lacks.",
    )
    allowed_licences = forms.CharField(
        label="Licences, one of which the version has",
        required=False,
        max_length=4_000,
        widget=forms.TextInput(attrs={"placeholder": "Apache-2.0, MIT", "autocapitalize": "none"}),
        help_text="As SPDX names them, with commas. Empty: not asked. A version without a known licence goes nowhere.",
    )

    def __init__(self, stages: list[Stage], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stage"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "no stage, an alias"), *((stage.name, stage.name) for stage in stages)]

    def rules(self) -> dict[str, Any]:
        """What was said, in the words of the operation."""
        said = self.cleaned_data
        names = [name.strip() for name in said["allowed_licences"].split(",") if name.strip()]
        return {**{name: said[name] for name in _RULES}, "allowed_licences": names}


def beginning_with(policy: Policy) -> dict[str, Any]:
    """The values that the form shows at first when this policy is to be changed."""
    values = {name: getattr(policy, name) for name in _RULES}
    shown = {name: ("yes" if value else "no") if isinstance(value, bool) else value for name, value in values.items()}
    return {
        **shown,
        "stage": policy.stage,
        "alias": policy.alias,
        "allowed_licences": ", ".join(policy.allowed_licences),
    }
