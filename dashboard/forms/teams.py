"""Teams: their names, who comes in, and which groups at the single sign-on provider fill them."""

from django import forms

from dashboard.forms.refusals import RefusableForm


class TeamNameForm(RefusableForm):
    """A name for a team."""

    name = forms.CharField(max_length=100)


class MemberForm(RefusableForm):
    """Somebody to put into the team."""

    member = forms.CharField(
        label="User name",
        max_length=100,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Of a person or a service account.",
    )


class SsoGroupForm(RefusableForm):
    """A group at the provider."""

    group = forms.CharField(
        label="Group at the provider",
        max_length=200,
        strip=False,
        help_text="From their next sign-in on, its people are the members of this team.",
    )
