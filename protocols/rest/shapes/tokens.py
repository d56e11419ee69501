"""Access tokens, and what jobs exchange for one."""

from typing import Any

from rest_framework import serializers

from accounts.models import ApiToken
from accounts.operations.tokens import LONGEST_OVERLAP
from accounts.rights import Scope
from protocols.rest.shapes import Name, PageAsked, Shape, Text

_LONGEST_OVERLAP = int(LONGEST_OVERLAP.total_seconds() // 3600)


class ScopeList(serializers.ListField):
    """Scopes that a client sends."""

    child = serializers.ChoiceField([scope.value for scope in Scope])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=len(Scope), **kwargs)


class TokensAsked(PageAsked):
    """Which tokens, and which page of them."""

    all = serializers.BooleanField(
        required=False, default=False, help_text="Everybody's; for administrators and auditors."
    )
    owner = Text(most=100, required=False, default="", help_text="Those of one account.")
    state = serializers.ChoiceField([state.value for state in ApiToken.State], required=False, default="")


class TokenLimitShape(Shape):
    """The registry, or one model in it, that a token is good for."""

    registry = Text(most=63)
    model = Text(most=256, required=False, allow_null=True, default=None)


class TokenShape(Shape):
    """An access token. The secret itself is shown once, to who makes it."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    prefix = serializers.CharField(help_text="How the secret begins.")
    scopes = serializers.ListField(child=serializers.CharField())
    limit = Name(source="limit_name", help_text="The registry, or registry/model, that it is good for; null for all.")
    state = serializers.CharField(help_text="open, expired or revoked")
    is_open = serializers.BooleanField(help_text="Whether it still signs in.")
    replaces = serializers.IntegerField(source="replaces_id", allow_null=True, help_text="The token it was made from.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(source="ends_at")
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = Name()


class MadeTokenShape(TokenShape):
    """A new token with its secret, which is never shown again."""

    secret = serializers.CharField()


class NewTokenShape(Shape):
    """A token to be made; for yourself, or for a service account that you own."""

    name = Text(most=100)
    scopes = ScopeList()
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="90 days from now.")
    owner = Text(most=100, required=False, allow_null=True, default=None)
    limit = TokenLimitShape(required=False, allow_null=True, default=None)


class RotationShape(Shape):
    """For how long the old token goes on working beside the new one."""

    overlap_hours = serializers.IntegerField(required=False, default=0, min_value=0, max_value=_LONGEST_OVERLAP)


class RevokedShape(Shape):
    """How many tokens were revoked."""

    revoked = serializers.IntegerField()


class ExchangeShape(Shape):
    """An identity token to be exchanged, as RFC 8693 spells it; as JSON or as a form."""

    grant_type = serializers.ChoiceField(["urn:ietf:params:oauth:grant-type:token-exchange"])
    subject_token = Text(most=20_000, help_text="The identity token of the job.")
    subject_token_type = serializers.ChoiceField(
        ["urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt"]
    )
    requested_token_type = serializers.ChoiceField(
        ["urn:ietf:params:oauth:token-type:access_token"], required=False, default=None
    )
    service_account = Text(most=100, required=False, allow_blank=True, default="")
    registry = Text(most=63, required=False, allow_blank=True, default="")


class ExchangedShape(Shape):
    """The token for the job, for one hour at most."""

    access_token = serializers.CharField()
    issued_token_type = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    scope = serializers.CharField(help_text="The scopes, parted by spaces.")
    registry = serializers.CharField(help_text="The registry that it is good for.")
