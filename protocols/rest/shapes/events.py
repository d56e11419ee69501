"""Lines of the audit log."""

from rest_framework import serializers

from protocols.rest.shapes import PageAsked, Shape, Text


class EventsAsked(PageAsked):
    """Which lines to list."""

    registry = Text(most=63, required=False, allow_blank=True, default="", help_text="Only those of this registry.")


class ActivityShape(Shape):
    """What happened to a model or to one of its versions."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="`scope.action`")
    actor = serializers.CharField(source="actor_name")
    subject_type = serializers.CharField()
    subject = serializers.CharField(source="subject_name")
    reason = serializers.CharField()
    details = serializers.JSONField()


class EventShape(ActivityShape):
    """A line of the audit log, with where the request came from."""

    address = serializers.CharField()
    token_prefix = serializers.CharField()
    request_id = serializers.CharField()
