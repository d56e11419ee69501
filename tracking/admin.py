"""Tracking in the admin: to look at. What changes here changes through the clients."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tracking.models import Experiment, LoggedModel, Run


class ReadOnlyAdmin(ModelAdmin):
    """Lists and shows; adds, changes and deletes nothing."""

    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False


@admin.register(Experiment)
class ExperimentAdmin(ReadOnlyAdmin):
    """Experiments."""

    list_display = ["name", "registry", "created_by", "created_at", "deleted_at"]
    list_filter = ["registry", "is_default", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["registry", "created_by"]
    search_fields = ["name"]
    date_hierarchy = "created_at"


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display = ["name", "run_id", "experiment", "status", "created_by", "created_at", "deleted_at"]
    list_filter = ["status", "experiment__registry", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["experiment", "created_by"]
    search_fields = ["name", "run_id"]
    date_hierarchy = "created_at"


@admin.register(LoggedModel)
class LoggedModelAdmin(ReadOnlyAdmin):
    """Logged models."""

    list_display = ["name", "model_id", "experiment", "status", "created_by", "created_at", "deleted_at"]
    list_filter = ["status", "experiment__registry", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["experiment", "created_by"]
    search_fields = ["name", "model_id"]
    date_hierarchy = "created_at"
