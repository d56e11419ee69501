"""Making service accounts, and trusting jobs that act as one."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import Registry
from accounts.rights import Scope
from dashboard.forms.refusals import RefusableForm
from dashboard.forms.tokens import SCOPES
from dashboard.workload_snippets import GITHUB
from lib.errors import Invalid


class ServiceAccountForm(RefusableForm):
    """A service account to be made."""

    username = forms.CharField(
        label="User name", max_length=100, help_text="Small letters, digits, dot, underscore and dash."
    )
    display_name = forms.CharField(label="Name", max_length=200, required=False)
    owner = forms.CharField(
        max_length=100,
        help_text="The user name of the person who answers for it, makes its tokens and trusts its jobs.",
    )


class OwnerForm(RefusableForm):
    """Who answers for a service account from now on."""

    owner = forms.CharField(
        label="New owner", max_length=100, help_text="The user name of the person who answers for it from now on."
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="hand_over_%s")


class WorkloadForm(RefusableForm):
    """Jobs to be trusted."""

    name = forms.CharField(max_length=100, help_text="Such as training pipeline.")
    registry = forms.ChoiceField(help_text="The only one that the jobs get into.")
    issuer = forms.CharField(
        max_length=500, initial=GITHUB, help_text="Who issues the identity tokens. For GitLab: https://gitlab.com."
    )
    audience = forms.CharField(
        max_length=200, initial="gatehouse", help_text="What the job asks an identity token for."
    )
    claims = forms.CharField(
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "repository = acme/model\nref = refs/heads/main"}),
        help_text="What the identity token has to say, one claim = value on a line. "
        "An asterisk stands for some text without a slash. "
        "At least one names the repository, project or subject.",
    )
    scopes = forms.MultipleChoiceField(
        label="The jobs may",
        choices=SCOPES[:3],
        initial=[Scope.READ, Scope.WRITE],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )

    def __init__(self, data: Any = None, *, registries: Iterable[Registry], may_give_admin: bool) -> None:
        super().__init__(data, auto_id="trust_%s")  # beside the form of a new token
        self.registries = {registry.name: registry for registry in registries}
        self.fields["registry"].choices = [(name, name) for name in self.registries]  # type: ignore[attr-defined]
        if may_give_admin:
            self.fields["scopes"].choices = SCOPES  # type: ignore[attr-defined]

    def chosen_claims(self) -> dict[str, str]:
        """Names and values. Raises Invalid for a line that is neither."""
        claims: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["claims"].splitlines())):
            name, equals, value = (part.strip() for part in line.partition("="))
            if not equals or name in claims:
                raise Invalid(
                    "claims", f"“{line[:100]}” is not a line like repository = acme/model, or names one twice."
                )
            claims[name] = value
        return claims
