"""People, teams, tokens, registries and roles in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.admin_base import GrantAdmin, HouseAdmin, actor_of, is_administrator
from accounts.models import ApiToken, Registry, RegistryGrant, Team, User
from accounts.operations.people import create_person, create_service_account
from accounts.operations.registries import create_registry
from accounts.operations.teams import add_member, create_team, remove_member
from accounts.operations.tokens import revoke_token
from accounts.queries import tokens_of

admin.site.unregister(Group)  # its page would give rights past every operation


class AccountForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """A person or a service account to be created."""

    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in (User.Kind.PERSON, User.Kind.SERVICE)],
        widget=UnfoldAdminSelectWidget,
    )
    password = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Of a person. Without one the person cannot sign in on pages yet.",
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(kind=User.Kind.PERSON).order_by("username"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Of a service account: the person who answers for it.",
    )
    is_administrator = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="May do everything, but not approve what is their own.",
    )

    class Meta:
        model = User
        fields = ("kind", "username", "email", "display_name", "password", "owner", "is_staff", "is_administrator")

    def clean(self) -> dict[str, Any]:
        """What each kind needs."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("kind") == User.Kind.PERSON and not said.get("email"):
            self.add_error("email", "A person has an e-mail address.")
        if said.get("kind") == User.Kind.SERVICE and not said.get("owner"):
            self.add_error("owner", "Name the person who answers for the service account.")
        return said


@admin.register(User)
class AccountAdmin(HouseAdmin):
    """People and service accounts; for administrators."""

    for_administrators = True
    form_to_add = AccountForm
    shown = (
        "username",
        "display_name",
        "email",
        "kind",
        "owner",
        "is_active",
        "is_staff",
        "is_superuser",
        "date_joined",
    )
    list_display = ("username", "display_name", "email", "kind", "owner", "is_active", "is_staff", "is_superuser")
    list_filter = ("kind", "is_active", "is_staff", "is_superuser")
    list_select_related = ("owner",)
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def create(self, said: dict[str, Any], *, actor: User) -> User:
        """A person, or a service account."""
        if said["kind"] == User.Kind.SERVICE:
            return create_service_account(
                said["username"], owner=said["owner"], display_name=said["display_name"], actor=actor
            )
        return create_person(
            said["username"],
            email=said["email"],
            password=said["password"] or None,
            display_name=said["display_name"],
            is_administrator=said["is_administrator"],
            may_open_admin=said["is_staff"],
            actor=actor,
        )


class TeamForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """A team and who is in it."""

    members = forms.ModelMultipleChoiceField(
        User.objects.exclude(kind=User.Kind.SYSTEM).order_by("username"),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
    )

    class Meta:
        model = Team
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["members"] = self.instance.group.user_set.all()


@admin.register(Team)
class TeamAdmin(HouseAdmin):
    """Shared teams; for administrators."""

    for_administrators = True
    form = form_to_add = TeamForm
    shown = ("name", "members")
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Not the personal ones."""
        return rows.filter(person=None)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators, and only who is in it."""
        return is_administrator(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A team keeps its name."""
        return ("name",) if obj else ()

    def create(self, said: dict[str, Any], *, actor: User) -> Team:
        """The team with its first members."""
        team = create_team(said["name"], actor=actor)
        for member in said["members"]:
            add_member(team, member, actor=actor)
        return team

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Put in and take out whom the form changed."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        before, after = set(obj.group.user_set.all()), set(form.cleaned_data["members"])
        for member in after - before:
            add_member(obj, member, actor=actor_of(request))
        for member in before - after:
            remove_member(obj, member, actor=actor_of(request))


@admin.register(ApiToken)
class TokenAdmin(HouseAdmin):
    """Access tokens: administrators see all, others their own and those of their service accounts."""

    shown = (
        "name",
        "owner",
        "prefix",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "last_used_from",
    )
    list_display = ("name", "owner", "prefix", "scopes", "is_open", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "prefix")
    ordering = ("-pk",)
    actions = ("revoke",)

    @admin.display(boolean=True, description="signs in")
    def is_open(self, token: ApiToken) -> bool:
        """Whether it still signs in."""
        return token.is_open

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        """End them at once."""

        def end(token: ApiToken) -> str:
            revoke_token(token, actor=actor_of(request))
            return f"{token} was revoked."

        self.each(request, tokens, end)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """All for administrators."""
        return rows if actor.is_superuser else rows.filter(pk__in=tokens_of(actor).values("pk"))


class RegistryForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """A registry to be created."""

    class Meta:
        model = Registry
        fields = ("name", "description", "is_default")


@admin.register(Registry)
class RegistryAdmin(HouseAdmin):
    """Registries; administrators create them."""

    form_to_add = RegistryForm
    shown = ("name", "description", "is_default", "created_at")
    list_display = ("name", "description", "is_default", "created_at")
    search_fields = ("name", "description")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def create(self, said: dict[str, Any], *, actor: User) -> Registry:
        """The registry; other floors furnish it."""
        return create_registry(**said, actor=actor)


admin.site.register(RegistryGrant, GrantAdmin)
