"""What versions require, what is known to be vulnerable in it, and the advisories that say so."""

from typing import Any

from rest_framework import serializers

from protocols.rest.shapes import Name, PageAsked, Shape, Text
from supply.models import Severity

_SEVERITIES = "unknown, low, medium, high, critical or malicious"


class DependencyShape(Shape):
    """One line of a file that asks for a package."""

    path = serializers.CharField(help_text="The file that asks for it.")
    ecosystem = serializers.CharField(help_text="pypi or conda; advisories are about pypi only.")
    name = serializers.CharField()
    specifier = serializers.CharField()
    version = serializers.SerializerMethodField(help_text="The one release that it can be; null for any other case.")

    def get_version(self, row: Any) -> str | None:
        """Null where it is not pinned, and for conda."""
        return (row.package.version or None) if row.package else None


class VulnerabilityShape(Shape):
    """An advisory that is about a package which the version requires. One issue may have several advisories."""

    advisory = serializers.CharField(source="advisory.identifier")
    aliases = serializers.ListField(child=serializers.CharField(), source="advisory.aliases")
    package = serializers.CharField(source="package.name")
    version = Name(source="package.version")
    severity = serializers.CharField(source="advisory.severity", help_text=_SEVERITIES)
    score = serializers.FloatField(source="advisory.score", allow_null=True, help_text="Base score of CVSS 3.")
    summary = serializers.CharField(source="advisory.summary")
    fixed_in = serializers.ListField(child=serializers.CharField())
    opened_at = serializers.DateTimeField()
    key = serializers.CharField(help_text="Names it when it is waived.")
    waived = serializers.BooleanField()


class DatabaseShape(Shape):
    """A file of advisories that was brought in."""

    origin = serializers.CharField(source="source", help_text="The name of the file, or the address that it came from.")
    digest = serializers.CharField(help_text="SHA-256 of the file.")
    record_count = serializers.IntegerField()
    newest_modified = serializers.DateTimeField()
    imported_at = serializers.DateTimeField(source="at")
    imported_by = serializers.CharField(source="by.username")
    matched_at = serializers.DateTimeField(allow_null=True, help_text="When every package had been compared with it.")


class CountsShape(Shape):
    """How many issues there are of each severity."""

    unknown = serializers.IntegerField(default=0)
    low = serializers.IntegerField(default=0)
    medium = serializers.IntegerField(default=0)
    high = serializers.IntegerField(default=0)
    critical = serializers.IntegerField(default=0)
    malicious = serializers.IntegerField(default=0)


class AuditShape(Shape):
    """How far one may rely on what is known about the packages of a version."""

    state = serializers.CharField(help_text="not-audited, stale or audited")
    why = serializers.CharField(help_text="A sentence; empty for audited.")
    covered = serializers.IntegerField(help_text="Packages that are compared with the advisories.")
    uncovered = serializers.IntegerField(help_text="Packages that are not: of conda, or without one exact release.")
    unwaived = CountsShape(help_text="Issues that count, by severity.")
    waived = serializers.IntegerField()
    database = DatabaseShape(allow_null=True)


class VulnerableAsked(PageAsked):
    """Which versions."""

    severity = serializers.ChoiceField(
        [severity.value for severity in Severity], required=False, default="", help_text="At least this bad."
    )
    package = Text(most=214, required=False, allow_blank=True, default="")
    show = serializers.ChoiceField(["live", "all"], required=False, default="live", help_text="live: what is in use.")


class VulnerableVersionShape(Shape):
    """A version that requires something vulnerable."""

    name = serializers.CharField(source="version.model.name")
    version = serializers.IntegerField(source="version.number")
    is_live = serializers.BooleanField()
    worst = serializers.CharField(help_text=_SEVERITIES)
    unwaived = CountsShape(source="counts")
    waived = serializers.IntegerField()
    packages = serializers.ListField(child=serializers.CharField())


class NewVulnerabilityWaiverShape(Shape):
    """Vulnerabilities to be accepted for a while; `keys` as the list of them says."""

    keys = serializers.ListField(child=Text(most=512), max_length=1_000)
    reason = Text(most=4_000)
    ends_at = serializers.DateTimeField(help_text="At most 365 days from now.")


class VulnerabilityWaiverShape(Shape):
    """Vulnerabilities that somebody has accepted."""

    id = serializers.IntegerField(source="pk")
    keys = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    granted_by = serializers.CharField(source="granted_by.username")
    granted_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class AdvisoriesShape(Shape):
    """Which advisories this installation has, and what was brought in last."""

    state = serializers.CharField(help_text="missing, stale or fresh")
    current = DatabaseShape(allow_null=True)
    imports = DatabaseShape(many=True, help_text="The last ten, newest first.")


class AffectedShape(Shape):
    """What an advisory says about a package."""

    package = serializers.CharField()
    ranges = serializers.JSONField()
    versions = serializers.ListField(child=serializers.CharField())


class AdvisoryShape(Shape):
    """An advisory as it is kept here, and the OSV record that it comes from."""

    identifier = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    modified = serializers.DateTimeField()
    withdrawn = serializers.DateTimeField(allow_null=True)
    gone_at = serializers.DateTimeField(allow_null=True, help_text="When a file came without it.")
    severity = serializers.CharField(help_text=_SEVERITIES)
    score = serializers.FloatField(allow_null=True)
    summary = serializers.CharField()
    affected = AffectedShape(many=True)
    document = serializers.JSONField(help_text="The record as it came.")
