"""What the supply chain shows in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts import access
from accounts.admin.base import HouseAdmin, RegistryFilter, actor_of
from accounts.rights import Right
from supply.models import SuppliedBill
from supply.operations.bills import remove_bill


@admin.register(SuppliedBill)
class SuppliedBillAdmin(HouseAdmin):
    """Bills of materials that people brought along: to be read, and taken away."""

    shown = ("version", "digest", "supplied_by", "supplied_at", "document")
    list_display = ("version", "registry", "digest", "supplied_by", "supplied_at")
    list_filter = (type("InRegistryOfVersion", (RegistryFilter,), {"path": "version__model__registry"}),)
    list_select_related = ("version__model__registry", "supplied_by")
    search_fields = ("version__model__name", "digest__startswith")
    ordering = ("-pk",)

    @admin.display(ordering="version__model__registry__name")
    def registry(self, bill: SuppliedBill) -> str:
        """Where its model is."""
        return bill.version.model.registry.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Documents are long, so only the page of one reads it."""
        return super().get_queryset(request).defer("document")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who edit the version."""
        return obj is None or access.can(actor_of(request), Right.EDIT, obj)

    def delete_model(self, request: HttpRequest, obj: SuppliedBill) -> None:
        """Take it away by the operation."""
        remove_bill(obj.version, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SuppliedBill]) -> None:
        """The same for several."""
        for bill in queryset.select_related("version__model"):
            self.delete_model(request, bill)
