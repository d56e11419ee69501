"""Fields for names of which the form can offer those that the person sees, while any other may be typed."""

from collections.abc import Iterable

from django import forms

from accounts.models import User
from accounts.queries import registries_for

_MOST = 200  # rows; whoever sees more types the name


class SuggestingField(forms.CharField):
    """A text whose browser offers names; `components/field.html` writes them into the page."""

    suggestions: tuple[str, ...] = ()

    def suggest(self, names: Iterable[str], *, list_id: str) -> None:
        """Offer these, each once."""
        self.suggestions = tuple(dict.fromkeys(name for name in names if name))
        if self.suggestions:
            self.widget.attrs["list"] = list_id


def places_for(actor: User) -> list[tuple[str, str]]:
    """Names of registries that the actor sees, each with the stages of its ladder. One query."""
    rows = registries_for(actor).order_by("name", "stages__position")
    return list(rows.values_list("name", "stages__name")[:_MOST])
