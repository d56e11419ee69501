"""Bills of materials, how complete they are, and licences."""

from rest_framework import serializers

from protocols.rest.shapes import Shape


class PartShape(Shape):
    """One thing that a bill of materials should say."""

    name = serializers.CharField()
    weight = serializers.IntegerField(help_text="In per cent; all together weigh 100.")
    words = serializers.CharField(help_text="What it is called.")
    advice = serializers.CharField(help_text="What to do where it is missing.")


class CompletenessShape(Shape):
    """How complete the bill of materials is."""

    percent = serializers.IntegerField(source="counts.percent", help_text="Of the bill that counts.")
    counts = serializers.SerializerMethodField(help_text="`ours` or `supplied`: whichever covers more.")
    ours = serializers.IntegerField(source="ours.percent", help_text="Per cent of the bill that Gatehouse makes.")
    supplied = serializers.SerializerMethodField(help_text="Per cent of the supplied bill; null without one.")
    present = PartShape(many=True, source="counts.present")
    missing = PartShape(many=True, source="counts.missing")
    unpinned = serializers.ListField(
        child=serializers.CharField(), source="counts.unpinned", help_text="Packages without one release."
    )

    def get_counts(self, judged: object) -> str:
        """Which of the two."""
        return "supplied" if getattr(judged, "is_supplied", False) else "ours"

    def get_supplied(self, judged: object) -> int | None:
        """In per cent."""
        supplied = getattr(judged, "supplied", None)
        return supplied.percent if supplied else None


class SuppliedBillShape(Shape):
    """A bill of materials that somebody brought along."""

    digest = serializers.CharField(help_text="SHA-256 of the document as it came.")
    supplied_by = serializers.CharField(source="supplied_by.username")
    supplied_at = serializers.DateTimeField()


class StatedLicenceShape(Shape):
    """What one place says about the licence."""

    text = serializers.CharField()
    place = serializers.CharField()
    expression = serializers.CharField(help_text="As SPDX writes it; empty where the text cannot be read so.")


class LicenceShape(Shape):
    """The licence of a version."""

    expression = serializers.CharField(allow_null=True, help_text="An SPDX expression; null where none is known.")
    place = serializers.CharField(allow_null=True, help_text="Where it comes from.")
    stated = StatedLicenceShape(many=True, help_text="Everything that is said about it; the first that is read counts.")
