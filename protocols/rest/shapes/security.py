"""What people answer for: waivers, allowed names and quarantines; and how a registry stands."""

from rest_framework import serializers

from protocols.rest.shapes import Name, PageAsked, Shape, Text

_REASON = 4_000


class WaiverShape(Shape):
    """Findings about some files that somebody takes upon themselves, in one registry."""

    id = serializers.IntegerField(source="pk")
    digest = serializers.CharField(source="tree.digest", help_text="The content that it is about.")
    keys = serializers.ListField(child=serializers.CharField())
    heaviest = serializers.CharField(help_text="The weight up to which it covers them.")
    reason = serializers.CharField()
    granted_by = serializers.CharField(source="granted_by.username")
    granted_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by.username", allow_null=True, default=None)
    is_in_force = serializers.BooleanField()


class WaiversAsked(PageAsked):
    """Which waivers to list."""

    in_force = serializers.BooleanField(required=False, default=False, help_text="Only those that count now.")


class NewWaiverShape(Shape):
    """What to accept, why, and until when."""

    keys = serializers.ListField(child=Text(most=64), min_length=1, max_length=2_001)
    reason = Text(most=_REASON)
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ReasonShape(Shape):
    """Why."""

    reason = Text(most=_REASON, required=False, allow_blank=True, default="")


class AllowedNameShape(Shape):
    """One exact name that model files of a registry may hold besides the allow list."""

    module = serializers.CharField()
    name = serializers.CharField()
    reason = serializers.CharField()
    added_by = serializers.CharField(source="added_by.username")
    added_at = serializers.DateTimeField()


class NewAllowedNameShape(Shape):
    """A name to be allowed; never a package or a part of the standard library."""

    module = Text(most=255)
    name = Text(most=255)
    reason = Text(most=_REASON)


class QuarantineShape(Shape):
    """Files that are kept from everybody but maintainers."""

    cause = serializers.CharField()
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()


class NewQuarantineShape(Shape):
    """Why nobody may use the files."""

    reason = Text(most=_REASON)


class PostureLineShape(Shape):
    """How many versions stand like that."""

    kind = serializers.CharField(
        help_text="clean, accepted, needs-review, unsafe, failed, waiting, not-scanned or kept-elsewhere"
    )
    live = serializers.IntegerField()
    all = serializers.IntegerField()


class ConcernShape(Shape):
    """A live version that is not clean."""

    name = serializers.CharField(source="version.model.name")
    version = serializers.IntegerField(source="version.number")
    verdict = Name(source="standing.verdict")
    effective_verdict = Name(source="standing.effective")
    sentence = serializers.CharField(source="standing.sentence")


class PostureShape(Shape):
    """How the versions of a registry that you see stand."""

    counts = PostureLineShape(many=True, source="lines")
    counted = serializers.IntegerField()
    is_partial = serializers.BooleanField(help_text="Whether only the newest versions were counted.")
    stale = serializers.IntegerField(help_text="Versions that the present engine has not looked at yet.")
    live_not_clean = ConcernShape(many=True)
    waivers_ending_soon = WaiverShape(many=True)
