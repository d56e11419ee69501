"""Scans and their findings in the admin, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import HouseAdmin, ShownInline, actor_of
from accounts.models import User
from lib.errors import NotFound
from registry.queries import versions_for
from scanning.models import Finding, Scan
from scanning.operations.requests import request_scan


class FindingInline(ShownInline):
    """What a scan has to say."""

    model = Finding
    fields = ("path", "severity", "rule", "message", "advice", "scanner", "position")
    per_page = 50


@admin.register(Scan)
class ScanAdmin(HouseAdmin):
    """Scans of the files of versions that the actor sees."""

    shown = (
        "verdict",
        "tree",
        "engine",
        "rules",
        "allow_list",
        "facts",
        "attempts",
        "requested_at",
        "taken_at",
        "finished_at",
    )
    list_display = ("tree", "verdict", "engine", "attempts", "requested_at", "finished_at")
    list_filter = ("verdict", "engine", "requested_at")
    list_select_related = ("tree",)
    search_fields = ("tree__digest__startswith",)
    ordering = ("-pk",)
    inlines = (FindingInline,)
    actions = ("scan_again",)

    @admin.action(description="Scan again, if the engine has changed since")
    def scan_again(self, request: HttpRequest, scans: QuerySet[Scan]) -> None:
        """Ask the present engine for its opinion of the same files."""
        actor = actor_of(request)

        def ask(scan: Scan) -> str:
            version = versions_for(actor).filter(tree=scan.tree_id).order_by("-pk").first()
            if version is None:
                raise NotFound(f"No version holds the files of {scan.tree} any more.")
            asked = request_scan(version, actor=actor)
            if asked == scan and not asked.is_open:
                return f"The present engine has looked at {scan.tree} before; the same bytes get the same verdict."
            return f"{scan.tree} is being scanned."

        self.each(request, scans, ask)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of trees that belong to a version which the actor sees."""
        return rows.filter(tree__in=versions_for(actor).order_by().values("tree"))
