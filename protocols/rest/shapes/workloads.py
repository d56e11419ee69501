"""Jobs elsewhere that a registry trusts."""

from rest_framework import serializers

from protocols.rest.shapes import Shape, Text
from protocols.rest.shapes.tokens import ScopeList


class WorkloadShape(Shape):
    """Jobs whose identity tokens have these claims act as this service account in the registry."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    account = serializers.CharField(source="account.username")
    issuer = serializers.CharField()
    audience = serializers.CharField()
    claims = serializers.DictField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewWorkloadShape(Shape):
    """Jobs to be trusted; in the value of a claim `*` stands for some text without a slash."""

    name = Text(most=100)
    account = Text(most=100, help_text="The service account that the jobs act as.")
    issuer = Text(most=500, help_text="Such as https://token.actions.githubusercontent.com or https://gitlab.com.")
    audience = Text(most=200)
    claims = serializers.DictField(child=Text(most=500))
    scopes = ScopeList()
