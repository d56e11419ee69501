"""Adding a signature to a version, and whom a registry trusts to sign."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from dashboard.forms.refusals import RefusableForm
from lib.errors import HouseError, Invalid
from supply.operations.signatures import MOST_BYTES
from supply.signing.anchors import is_private


class SignatureForm(RefusableForm):
    """A bundle or an envelope, as a file or pasted."""

    file = forms.FileField(
        required=False, help_text="A Sigstore bundle, as model_signing and gatehouse sign write it, or a DSSE envelope."
    )
    pasted = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(said.get("file")) == bool(said.get("pasted", "").strip()):
            raise forms.ValidationError("Choose a file or paste its text, one of the two.")
        return said

    def document(self) -> bytes:
        """Its bytes; one more than is taken of a file that is too large."""
        file = self.cleaned_data["file"]
        return bytes(file.read(MOST_BYTES + 1)) if file else self.cleaned_data["pasted"].encode(errors="replace")

    def refuse(self, refusal: HouseError) -> None:
        """What is wrong with the document stands beside where it came from."""
        if isinstance(refusal, Invalid) and refusal.field == "document":
            refusal = Invalid("file" if self.cleaned_data.get("file") else "pasted", refusal.message)
        super().refuse(refusal)


class AnchorForm(RefusableForm):
    """A public key or the certificate of an authority, and until when it is trusted."""

    name = forms.CharField(
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "ml-team", "autocapitalize": "none"}),
        help_text="Who signs with it, or whom it vouches for.",
    )
    pem = forms.CharField(
        label="Public key or certificate",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none"}),
        help_text="In PEM form, from -----BEGIN to -----END. Never a private key.",
    )
    until = forms.DateField(
        label="Trusted until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day, in UTC. Empty for as long as nobody revokes it.",
    )

    def clean_until(self) -> date | None:
        """A day that there is a moment after."""
        day: date | None = self.cleaned_data["until"]
        if day and day.year >= 9999:
            raise forms.ValidationError("Name an earlier day, or none.")
        return day

    def end(self) -> datetime | None:
        """When the trust ends: with the day that was named."""
        day: date | None = self.cleaned_data["until"]
        return datetime.combine(day + timedelta(days=1), time(), UTC) if day else None

    def refuse(self, refusal: HouseError) -> None:
        """The day is the field that stands for the moment. A private key is not shown again."""
        if isinstance(refusal, Invalid) and refusal.field == "valid_until":
            refusal = Invalid("until", refusal.message)
        super().refuse(refusal)
        if is_private(str(self.data.get("pem", ""))):
            self.data = {name: value for name, value in self.data.items() if name != "pem"}


class RevocationForm(RefusableForm):
    """Why somebody is trusted no more."""

    reason = forms.CharField(max_length=2_000)


class RotationForm(RefusableForm):
    """Why a registry signs with a new key."""

    reason = forms.CharField(max_length=2_000, required=False)
