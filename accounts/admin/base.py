"""What every page of the admin shares: staff see what access lets them see, and change it by operations or not at all.

Django's own model permissions play no part here.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from accounts import access
from accounts.models import Team, User
from accounts.queries import registries_for
from accounts.rights import ROLE_LABELS, Right, Role
from lib.errors import GateRefused, HouseError, Invalid


def actor_of(request: HttpRequest) -> User:
    """Who is signed in; the admin lets nobody else get this far."""
    actor = request.user
    if not isinstance(actor, User):
        raise TypeError("The admin is for people who are signed in.")
    return actor


def is_administrator(request: HttpRequest) -> bool:
    """Whether to show what only administrators see."""
    return access.can(actor_of(request), Right.ADMINISTER, None)


def audits(request: HttpRequest) -> bool:
    """Whether to show what only administrators and auditors see."""
    return access.can(actor_of(request), Right.AUDIT, None)


class HouseAdmin(ModelAdmin):  # type: ignore[misc] # unfold has no types
    """A page that shows rows. Whoever adds or deletes says so, and calls an operation to do it."""

    for_administrators = False
    form_to_add: "type[forms.ModelForm[Any]] | None" = None
    shown: tuple[str, ...] = ()
    actions_on_top = True
    show_full_result_count = False
    list_per_page = 50
    view_on_site = False

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows that the actor sees."""
        return rows if self.for_administrators else access.visible(actor, rows)

    def create(self, said: dict[str, Any], *, actor: User) -> Model:
        """Make what the form to add has described, by an operation; refused on every page that does not say how."""
        raise PermissionDenied

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the list shows and what can be opened."""
        return self.visible_to(actor_of(request), super().get_queryset(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the index names it; the sign-in page asks too, for nobody."""
        return isinstance(request.user, User) and self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the list, or this row, may be opened."""
        if self.for_administrators and not audits(request):
            return False
        return obj is None or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No, unless a page says otherwise."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No, unless a page says otherwise."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No, unless a page says otherwise."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Addresses filter by what the page offers as a filter, and by nothing else."""
        if "\0" in str(value):
            return False  # PostgreSQL cannot even compare with one
        offered = {given if isinstance(given, str) else given[0] for given in self._fields_to_filter_by()}
        named = {given.parameter_name for given in self.list_filter if hasattr(given, "parameter_name")}
        return lookup in named or lookup.partition("__")[0] in offered

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """The form's own fields when something is added, else what is shown."""
        return list(self.form_to_add.base_fields) if obj is None and self.form_to_add else list(self.shown)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> "type[forms.ModelForm[Any]]":
        """The form to add; after a refusal one that tells of it."""
        if not change and self.form_to_add:
            kwargs["form"] = self.form_to_add
        form: type[forms.ModelForm[Any]] = super().get_form(request, obj, change=change, **kwargs)
        refusal: HouseError | None = getattr(request, "refusal", None)
        return _telling(form, refusal) if refusal else form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form again with what was typed, and with the reason, when an operation refuses."""
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except HouseError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined] # read by get_form, which is given nothing else
            response = super().changeform_view(request, *args, **kwargs)
        return response

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say why, when an operation refuses."""
        try:
            response: HttpResponse = super().delete_view(request, *args, **kwargs)
        except HouseError as refusal:
            self.tell(request, refusal)
            response = HttpResponseRedirect(request.path)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create by operation."""
        if change:  # no page offers it
            raise PermissionDenied
        made = self.create(form.cleaned_data, actor=actor_of(request))
        for field in made._meta.concrete_fields:  # the page goes on with the row that it knows
            setattr(obj, field.attname, getattr(made, field.attname))

    def each(self, request: HttpRequest, rows: Iterable[Any], change: Callable[[Any], str]) -> None:
        """Do something to each row, and tell what `change` says of it or why it was refused."""
        for row in rows:
            try:
                self.message_user(request, change(row))
            except HouseError as refusal:
                self.tell(request, refusal)

    def tell(self, request: HttpRequest, refusal: HouseError) -> None:
        """Show a refusal above the page."""
        for reason in refusal.reasons if isinstance(refusal, GateRefused) else [refusal.message]:
            self.message_user(request, reason, messages.ERROR)

    def _fields_to_filter_by(self) -> list[Any]:
        return [given for given in self.list_filter if isinstance(given, str | tuple)]


class ShownInline(TabularInline):  # type: ignore[misc] # unfold has no types
    """Rows that belong to the page's row, to be read; `follows` names what is fetched along with them."""

    extra = 0
    can_delete = False
    follows: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """In one query, however many they are."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.follows) if self.follows else rows

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever sees the page sees its parts."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


class RegistryFilter(admin.SimpleListFilter):
    """By registry; names only those that the actor sees. A page over rows further away sets `path`."""

    title = "registry"
    parameter_name = "registry"
    path = "registry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Keys and names."""
        return [(str(registry.pk), registry.name) for registry in registries_for(actor_of(request)).order_by("name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen registry."""
        chosen = self.value() or ""
        return queryset.filter(**{self.path: int(chosen)}) if chosen.isdecimal() else queryset


class GrantForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """The role to give. Another one that the team had on the same thing goes."""

    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), widget=UnfoldAdminSelectWidget, help_text="person:… stands for one account."
    )
    role = forms.ChoiceField(choices=ROLE_LABELS, widget=UnfoldAdminSelectWidget)

    ends_at = forms.SplitDateTimeField(
        required=False, label="It ends at", widget=UnfoldAdminSplitDateTimeWidget, help_text="Empty for good."
    )

    class Meta:
        fields = ("content_object", "ends_at")


class GrantAdmin(HouseAdmin):
    """Roles on things of one kind, for those who manage them."""

    form_to_add = GrantForm
    shown = ("content_object", "team", "role", "ends_at")
    list_display = ("content_object", "team", "role", "ends_at")
    list_select_related = ("content_object", "group__team", "permission")
    search_fields = ("content_object__name", "group__team__name")

    @admin.display(ordering="group__team__name")
    def team(self, grant: Any) -> str:
        """Whom the role was given to."""
        return str(grant.group.team)

    @admin.display(ordering="permission__codename")
    def role(self, grant: Any) -> str:
        """In words."""
        return dict(ROLE_LABELS)[grant.permission.codename]

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Grants on what the actor manages."""
        return rows.filter(content_object__in=self._managed(actor))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage anything of this kind."""
        return self._managed(actor_of(request)).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who manage the thing."""
        return obj is None or access.can(actor_of(request), Right.MANAGE, obj.content_object)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """The same ones, shown or typed."""
        return list(self.shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What the list computes is also shown on the page of a grant, but typed when one is added."""
        return ("team", "role") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the things that the actor manages."""
        if db_field.name == "content_object":
            kwargs["queryset"] = self._managed(actor_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, said: dict[str, Any], *, actor: User) -> Model:
        """Give the role."""
        thing, team = said["content_object"], said["team"]
        access.grant(Role(said["role"]), on=thing, to=team, ends_at=said["ends_at"], actor=actor)
        given: Model = self.model.objects.get(content_object=thing, group=team.group)
        return given

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take the role away."""
        role = Role(obj.permission.codename)
        access.revoke(role, on=obj.content_object, to=obj.group.team, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The same for several."""
        for grant in queryset:
            self.delete_model(request, grant)

    def _managed(self, actor: User) -> QuerySet[Any]:
        things: Any = self.model._meta.get_field("content_object").related_model
        return access.visible(actor, things.objects.all(), Right.MANAGE)


def _telling(form: "type[forms.ModelForm[Any]]", refusal: HouseError) -> "type[forms.ModelForm[Any]]":
    class Refused(form):  # type: ignore[valid-type, misc] # made for one request
        def clean(self) -> Any:
            field = refusal.field if isinstance(refusal, Invalid) and refusal.field in self.fields else None
            self.add_error(field, list(refusal.reasons) if isinstance(refusal, GateRefused) else refusal.message)
            return super().clean()

    return Refused
