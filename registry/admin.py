"""Models, versions, stages and placements in the admin, to be read; roles on models, to be given."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectMultipleWidget

from accounts import access
from accounts.admin.base import GrantAdmin, HouseAdmin, RegistryFilter, ShownInline, actor_of
from accounts.models import Team, User
from accounts.queries import registries_for
from accounts.rights import ROLE_LABELS, Right, Role, roles_with
from registry.models import (
    ModelTag,
    ModelVersion,
    Placement,
    Protection,
    RegisteredModel,
    RegisteredModelGrant,
    Stage,
    VersionTag,
)
from registry.operations.models import restrict_model
from registry.operations.protections import protect_place, release_place


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
    actions = ("restrict", "open_up")

    @admin.action(description="Restrict to own roles")
    def restrict(self, request: HttpRequest, models: QuerySet[RegisteredModel]) -> None:
        """Only roles on the models themselves count."""
        self._restrict(request, models, restricted=True)

    @admin.action(description="Let roles on the registry count")
    def open_up(self, request: HttpRequest, models: QuerySet[RegisteredModel]) -> None:
        """As before they were restricted."""
        self._restrict(request, models, restricted=False)

    def _restrict(self, request: HttpRequest, models: QuerySet[RegisteredModel], *, restricted: bool) -> None:
        def say(model: RegisteredModel) -> str:
            restrict_model(model, restricted, actor=actor_of(request))
            return f"{model}: {'restricted' if restricted else 'open to its registry'}."

        self.each(request, models, say)


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
        "kept_at",
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

    @admin.display(description="kept at")
    def kept_at(self, version: ModelVersion) -> str:
        """The address of files that are kept elsewhere; of others it would tell what they were made from."""
        return version.source if version.tree_id is None and version.copied_from_id is None else "here"

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


class ProtectionForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """Who may move versions at a stage or under an alias, in place of those named before."""

    roles = forms.MultipleChoiceField(
        choices=[label for label in ROLE_LABELS if label[0] in roles_with(Right.PROMOTE)],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.filter(person=None).order_by("name"), required=False, widget=UnfoldAdminSelectMultipleWidget
    )

    class Meta:
        model = Protection
        fields = ("registry", "stage", "alias")

    def _get_validation_exclusions(self) -> set[str]:
        """The operation replaces what stood there, so the constraints are not for the form to check."""
        return {field.name for field in Protection._meta.get_fields()}


@admin.register(Protection)
class ProtectionAdmin(HouseAdmin):
    """Protected stages and aliases. To name other people, the place is protected anew."""

    form_to_add = ProtectionForm
    shown = ("registry", "stage", "alias", "roles", "teams")
    list_display = ("__str__", "registry", "roles", "in_teams")
    list_filter = (RegistryFilter,)
    list_select_related = ("registry", "stage")
    search_fields = ("alias", "stage__name")
    ordering = ("registry__name", "stage__position", "alias")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Protection]:
        """With the teams, in one further query."""
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description="teams")
    def in_teams(self, place: Protection) -> str:
        """Names."""
        return ", ".join(sorted(team.name for team in place.teams.all()))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage a registry."""
        return registries_for(actor_of(request), Right.MANAGE).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage this one."""
        return obj is None or access.can(actor_of(request), Right.MANAGE, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the registries that the actor manages, and their stages."""
        managed = registries_for(actor_of(request), Right.MANAGE)
        if db_field.name == "registry":
            kwargs["queryset"] = managed
        if db_field.name == "stage":
            kwargs["queryset"] = Stage.objects.filter(registry__in=managed).order_by("registry__name", "position")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, said: dict[str, Any], *, actor: User) -> Protection:
        """Protect the place."""
        roles = [Role(name) for name in said["roles"]]
        return protect_place(
            said["registry"], stage=said["stage"], alias=said["alias"], roles=roles, teams=said["teams"], actor=actor
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The operation has stored the teams as well."""

    def delete_model(self, request: HttpRequest, obj: Protection) -> None:
        """Release the place."""
        release_place(obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Protection]) -> None:
        """The same for several."""
        for place in queryset:
            self.delete_model(request, place)


admin.site.register(RegisteredModelGrant, GrantAdmin)
