"""Oneself."""

from typing import Any

from rest_framework import serializers

from protocols.rest.shapes import Shape


class MeShape(Shape):
    """The account that the request is signed in as."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    kind = serializers.CharField(help_text="person, service or system")
    is_administrator = serializers.BooleanField(source="is_superuser")
    is_auditor = serializers.BooleanField()
    may_open_admin = serializers.BooleanField(source="is_staff")
    teams = serializers.ListField(child=serializers.CharField())
    scopes = serializers.SerializerMethodField(help_text="What the token is good for; null without a token.")

    def get_scopes(self, user: Any) -> list[str] | None:
        """The scopes in alphabetical order."""
        return None if user.scopes is None else sorted(user.scopes)
