"""Scans and their findings."""

from rest_framework import serializers

from protocols.rest.shapes import Shape


class FindingShape(Shape):
    """One thing that the scan has to say."""

    path = serializers.CharField(help_text="The file; empty for the version as a whole.")
    scanner = serializers.CharField()
    severity = serializers.CharField()
    rule = serializers.CharField()
    message = serializers.CharField()
    advice = serializers.CharField()
    position = serializers.CharField()


class ScanShape(Shape):
    """The newest scan of a version's files."""

    verdict = serializers.CharField(help_text="queued, scanning, clean, needs-review, unsafe or failed")
    engine = serializers.CharField()
    rules = serializers.CharField()
    allow_list = serializers.CharField()
    facts = serializers.JSONField()
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    findings = FindingShape(many=True)
