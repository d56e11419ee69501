"""Advisories, packages and what is vulnerable in the admin, to be read; and to have packages matched again."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.admin.base import HouseAdmin, ShownInline, actor_of
from accounts.models import User
from lib.errors import HouseError
from registry.queries import versions_for
from supply import tasks
from supply.models import Advisory, AdvisoryImport, AffectedPackage, Dependency, Package, Vulnerability
from supply.operations.matching import match_again


class AffectedInline(ShownInline):
    """What an advisory is about."""

    model = AffectedPackage
    fields = ("package", "ranges", "versions")
    ordering = ("package", "pk")
    per_page = 20


class VulnerabilityInline(ShownInline):
    """What is known about a package, and was."""

    model = Vulnerability
    fields = ("advisory", "opened_at", "closed_at")
    ordering = ("-pk",)
    follows = ("advisory", "package")
    per_page = 50


@admin.register(AdvisoryImport)
class AdvisoryImportAdmin(HouseAdmin):
    """What was brought in."""

    for_administrators = True
    shown = ("at", "by", "source", "digest", "newest_modified", "record_count", "is_current", "matched_at", "etag")
    list_display = ("at", "source", "record_count", "newest_modified", "is_current", "matched_at", "by")
    list_select_related = ("by",)
    list_filter = ("is_current",)
    ordering = ("-pk",)


@admin.register(Advisory)
class AdvisoryAdmin(HouseAdmin):
    """Advisories, found by identifier or package."""

    for_administrators = True
    shown = ("identifier", "aliases", "severity", "score", "summary", "modified", "withdrawn", "gone_at", "document")
    list_display = ("identifier", "severity", "score", "summary", "modified", "withdrawn")
    list_filter = ("severity",)
    search_fields = ("identifier__istartswith", "affected__package__exact")
    ordering = ("-modified", "-pk")
    inlines = (AffectedInline,)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """All of them; lists need no documents."""
        return rows.defer("document")


class RequiredAdmin(HouseAdmin):
    """Rows about packages, of those that versions require which the actor sees."""

    package = "pk"

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """For administrators and auditors that is everything, also what nobody requires any more."""
        if actor.is_superuser or actor.is_auditor:
            return rows
        seen = versions_for(actor).filter(tree=OuterRef("tree"))
        return rows.filter(Exists(Dependency.objects.filter(Exists(seen), package=OuterRef(self.package))))


@admin.register(Package)
class PackageAdmin(RequiredAdmin):
    """Releases of packages that versions require."""

    shown = ("name", "version", "matched_with")
    list_display = ("name", "version", "matched_with")
    list_select_related = ("matched_with",)
    search_fields = ("name__istartswith",)
    ordering = ("name", "pk")
    inlines = (VulnerabilityInline,)
    actions = ("match_again",)

    @admin.action(description="Match again with the advisories")
    def match_again(self, request: HttpRequest, packages: QuerySet[Package]) -> None:
        """Have the chosen packages compared anew."""
        try:
            count = match_again(Package.objects.filter(pk__in=packages.values("pk")), actor=actor_of(request))
        except HouseError as refusal:
            self.tell(request, refusal)
            return
        tasks.match_packages.delay_on_commit()
        self.message_user(request, f"{count} package{' is' if count == 1 else 's are'} being matched.")


@admin.register(Vulnerability)
class VulnerabilityAdmin(RequiredAdmin):
    """What is vulnerable, and was."""

    package = "package"
    shown = ("package", "advisory", "opened_at", "closed_at")
    list_display = ("package", "advisory", "severity", "opened_at", "closed_at")
    list_filter = ("advisory__severity", "opened_at")
    list_select_related = ("package", "advisory")
    search_fields = ("package__name__istartswith", "advisory__identifier__istartswith")
    ordering = ("-pk",)

    @admin.display(ordering="advisory__severity")
    def severity(self, row: Vulnerability) -> str:
        """In words."""
        return str(row.advisory.get_severity_display())
