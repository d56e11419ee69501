"""Access requests in the admin, to be read; they are decided on their own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import HouseAdmin
from accounts.models import AccessRequest, User
from accounts.reach.requests import requests_decided, requests_of, requests_to_decide


@admin.register(AccessRequest)
class AccessRequestAdmin(HouseAdmin):
    """One's own requests, and those on what one manages."""

    shown = (
        "about",
        "asked_by",
        "role",
        "reason",
        "ends_at",
        "state",
        "created_at",
        "decided_by",
        "decided_at",
        "answer",
        "page",
    )
    list_display = ("asked_by", "about", "role", "state", "ends_at", "created_at", "decided_by", "page")
    list_filter = ("state",)
    list_select_related = ("asked_by", "decided_by")
    search_fields = ("asked_by__username",)
    readonly_fields = ("about", "page")
    ordering = ("-pk",)

    @admin.display(description="on")
    def about(self, asked: AccessRequest) -> str:
        """The thing, with its noun."""
        thing: Any = asked.thing
        return f"{thing._meta.verbose_name} {thing}"

    @admin.display(description="decide")
    def page(self, asked: AccessRequest) -> SafeString:
        """Where it is decided."""
        return format_html('<a href="{}">Open its page</a>', reverse("access-request", args=[asked.pk]))

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """As the pages have it."""
        seen = [found(actor).order_by().values("pk") for found in (requests_to_decide, requests_decided, requests_of)]
        return rows.filter(pk__in=seen[0].union(*seen[1:])).prefetch_related("thing")
