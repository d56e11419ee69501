"""A form that can say what an operation refused, beside the field that it is about."""

from django import forms

from lib.errors import GateRefused, HouseError, Invalid


class RefusableForm(forms.Form):
    """The base of forms that call an operation."""

    def refuse(self, refusal: HouseError) -> None:
        """Show the refusal beside the field that it names, or above the form."""
        if isinstance(refusal, Invalid) and refusal.field in self.fields:
            self.add_error(refusal.field, refusal.message)
        elif isinstance(refusal, GateRefused):
            self.add_error(None, list(refusal.reasons))
        else:
            self.add_error(None, refusal.message)
