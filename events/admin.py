"""The audit log in the admin, for administrators and auditors. This floor knows no rights, so it asks nobody else."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from events.kinds import Kind
from events.models import Event


class KindFilter(admin.SimpleListFilter):
    """By what happened."""

    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The words of the log, without asking a long table for them."""
        return [(kind.value, kind.value) for kind in Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """The lines of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ModelAdmin):
    """Lines of the log. Who did it is a link to everything else that this actor did."""

    fields = (
        "at",
        "kind",
        "actor_name",
        "subject_type",
        "subject_name",
        "reason",
        "details",
        "address",
        "token_prefix",
        "request_id",
    )
    list_display = ("at", "kind", "actor", "subject_type", "subject_name", "reason", "address")
    list_filter = (KindFilter, "at")
    search_fields = ("actor_name", "subject_name", "request_id")
    ordering = ("-pk",)
    show_full_result_count = False
    list_per_page = 50

    @admin.display(ordering="actor_name")
    def actor(self, event: Event) -> str:
        """The name, which leads to the other lines of the same actor."""
        return format_html('<a href="?actor_id={}">{}</a>', event.actor_id, event.actor_name)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Addresses filter by actor and time."""
        return lookup.partition("__")[0] in ("actor_id", "at")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Administrators and auditors."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Administrators and auditors."""
        user = request.user
        return bool(user.is_active and (getattr(user, "is_superuser", False) or getattr(user, "is_auditor", False)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: operations write the log."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Never."""
        return False
