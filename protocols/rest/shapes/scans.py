"""Scans and their findings, and how scanning itself is."""

from rest_framework import serializers

from protocols.rest.shapes import Name, PageAsked, Shape, Text

_SEVERITIES = ["note", "needs-review", "failed", "unsafe"]
_VERDICTS = "queued, scanning, clean, needs-review, unsafe or failed"


class FindingShape(Shape):
    """One thing that the scan has to say."""

    key = Name(help_text="Names the same remark about the same file in every scan; what a waiver covers.")
    path = serializers.CharField(help_text="The file; empty for the version as a whole.")
    scanner = serializers.CharField()
    severity = serializers.CharField()
    rule = serializers.CharField()
    subject = serializers.CharField(help_text="What exactly it is about, such as a module-level name; often empty.")
    message = serializers.CharField()
    advice = serializers.CharField()
    position = serializers.CharField()
    accepted = serializers.BooleanField(help_text="Whether a waiver or an allowed name answers for it here.")


class FindingsAsked(PageAsked):
    """Which findings to list."""

    severity = serializers.ChoiceField(_SEVERITIES, required=False, default="", allow_blank=True)
    rule = Text(most=64, required=False, allow_blank=True, default="")
    path_prefix = Text(most=1024, required=False, allow_blank=True, default="", help_text="How the path begins.")


class ScanShape(Shape):
    """The newest scan of a version's files, and what it comes to in this registry."""

    verdict = serializers.CharField(help_text=_VERDICTS)
    effective_verdict = serializers.CharField(source="standing.effective", help_text="What waivers and names leave.")
    accepted = serializers.BooleanField(source="standing.is_accepted", help_text="Clean, because somebody answers.")
    passes = serializers.BooleanField(source="standing.is_clean", help_text="Whether the scan gate lets it through.")
    is_current = serializers.BooleanField(source="standing.is_current", help_text="False for older rules.")
    sentence = serializers.CharField(source="standing.sentence")
    engine = serializers.CharField()
    rules = serializers.CharField()
    allow_list = serializers.CharField()
    previous_verdict = Name(help_text="What the engine before said of the same files.")
    facts = serializers.JSONField()
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    findings = FindingShape(many=True)


class QueueShape(Shape):
    """The scans of the present engine that are not done, and how today went."""

    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    oldest_waiting = serializers.DateTimeField(allow_null=True)
    failed_today = serializers.IntegerField()
    finished_today = serializers.IntegerField()


class VerdictChangeShape(Shape):
    """So many trees went from one verdict to another."""

    before = serializers.CharField()
    after = serializers.CharField()
    count = serializers.IntegerField()


class ReleaseShape(Shape):
    """How far the present engine has come with what was kept before it."""

    began_at = serializers.DateTimeField(source="release.began_at")
    finished_at = serializers.DateTimeField(source="release.finished_at", allow_null=True)
    trees = serializers.IntegerField(source="release.trees", help_text="What there was to scan again.")
    done = serializers.IntegerField()
    percent = serializers.IntegerField()
    changes = VerdictChangeShape(many=True)


class ScanningShape(Shape):
    """Engine, rules and list with their age, the queue, and the present release."""

    engine = serializers.CharField(source="engine.name")
    rules = serializers.CharField(source="engine.rules")
    rule_count = serializers.IntegerField(source="engine.rule_count")
    allow_list = serializers.CharField(source="engine.allow_list")
    name_count = serializers.IntegerField(source="engine.name_count")
    since = serializers.DateTimeField(
        source="engine.since", allow_null=True, help_text="When it was first at work here."
    )
    queue = QueueShape()
    release = ReleaseShape(allow_null=True)


class ChangedShape(Shape):
    """Files with another verdict than under the engine before, and the newest version with them."""

    registry = serializers.CharField(source="version.model.registry.name")
    name = serializers.CharField(source="version.model.name")
    version = serializers.IntegerField(source="version.number")
    digest = serializers.CharField(source="tree.digest")
    before = serializers.CharField(source="previous_verdict")
    after = serializers.CharField(source="verdict")
    finished_at = serializers.DateTimeField(allow_null=True)


class ListAsked(PageAsked):
    """Which names to list."""

    q = Text(most=255, required=False, allow_blank=True, default="", help_text="What the name holds, in any case.")


class ListedNameShape(Shape):
    """A name that every model file may mention, and what it may be used for."""

    module = serializers.CharField()
    name = serializers.CharField()
    use = serializers.CharField()
