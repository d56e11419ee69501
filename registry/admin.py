"""Models, versions, stages and placements in the admin, to be read; roles on models, to be given."""

from django.contrib import admin

from accounts.admin_base import GrantAdmin, HouseAdmin, RegistryFilter, ShownInline
from registry.models import ModelTag, ModelVersion, Placement, RegisteredModel, RegisteredModelGrant, Stage, VersionTag


class _InRegistryOfModel(RegistryFilter):
    path = "model__registry"


@admin.register(Stage)
class StageAdmin(HouseAdmin):
    """The ladders."""

    shown = ("registry", "name", "position", "is_exclusive")
    list_display = ("name", "registry", "position", "is_exclusive")
    list_filter = (RegistryFilter,)
    list_select_related = ("registry",)
    ordering = ("registry__name", "position")


class ModelTagInline(ShownInline):
    """The tags of a model."""

    model = ModelTag
    fields = ("key", "value")


@admin.register(RegisteredModel)
class ModelAdmin(HouseAdmin):
    """The inventory."""

    shown = (
        "registry",
        "name",
        "description",
        "owner",
        "restricted",
        "last_number",
        "created_at",
        "updated_at",
        "deleted_at",
    )
    list_display = ("name", "registry", "owner", "last_number", "restricted", "updated_at", "deleted_at")
    list_filter = (RegistryFilter, "restricted", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("registry", "owner")
    search_fields = ("name", "description")
    ordering = ("name", "pk")
    inlines = (ModelTagInline,)


class VersionTagInline(ShownInline):
    """The tags of a version."""

    model = VersionTag
    fields = ("key", "value")


class PlacementInline(ShownInline):
    """Where a version stood."""

    model = Placement
    fields = ("stage", "alias", "opened_at", "opened_by", "reason", "closed_at", "closed_by")
    follows = ("stage", "opened_by", "closed_by")
    ordering = ("-opened_at", "-pk")
    per_page = 50


@admin.register(ModelVersion)
class VersionAdmin(HouseAdmin):
    """Versions, their origin and where they stood."""

    shown = (
        "model",
        "number",
        "description",
        "tree",
        "source",
        "git_commit",
        "uploader",
        "created_at",
        "updated_at",
        "deleted_at",
    )
    list_display = ("__str__", "registry", "uploader", "tree", "created_at", "deleted_at")
    list_filter = (_InRegistryOfModel, "created_at")
    list_select_related = ("model__registry", "uploader", "tree")
    search_fields = ("model__name", "tree__digest__startswith")
    ordering = ("-pk",)
    inlines = (PlacementInline, VersionTagInline)

    @admin.display(ordering="model__registry__name")
    def registry(self, version: ModelVersion) -> str:
        """Where its model is."""
        return version.model.registry.name


@admin.register(Placement)
class PlacementAdmin(HouseAdmin):
    """The history of stages and aliases."""

    shown = ("model", "version", "stage", "alias", "reason", "opened_at", "opened_by", "closed_at", "closed_by")
    list_display = ("version", "stage", "alias", "opened_at", "opened_by", "reason", "closed_at", "closed_by")
    list_filter = (_InRegistryOfModel, ("closed_at", admin.EmptyFieldListFilter), "opened_at")
    list_select_related = ("version__model", "stage", "opened_by", "closed_by")
    search_fields = ("model__name", "alias", "stage__name")
    ordering = ("-pk",)


admin.site.register(RegisteredModelGrant, GrantAdmin)
