"""Tokens, trusted workloads, registries and roles in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.timezone import localtime

from accounts import access
from accounts.admin.base import GrantAdmin, HouseAdmin, actor_of, is_administrator
from accounts.models import ApiToken, Registry, RegistryGrant, TrustedWorkload, User
from accounts.operations.registries import create_registry
from accounts.operations.tokens import revoke_token
from accounts.operations.trusts import end_trust
from accounts.queries import tokens_of
from accounts.rights import Right


@admin.register(ApiToken)
class TokenAdmin(HouseAdmin):
    """Access tokens: administrators and auditors see all, others their own and those of their service accounts."""

    shown = (
        "name",
        "owner",
        "prefix",
        "may",
        "good_only_for",
        "replaces",
        "replaced_by",
        "workload",
        "created_at",
        "ends_at",
        "revoked_at",
        "last_used_at",
        "last_used_from",
    )
    list_display = (
        "name",
        "owner",
        "prefix",
        "may",
        "good_only_for",
        "replaces",
        "is_open",
        "ends_at",
        "revoked_at",
        "last_used_at",
    )
    readonly_fields = ("may", "good_only_for", "ends_at", "replaced_by")
    list_select_related = ("owner", "replaces")
    search_fields = ("name", "owner__username", "prefix")
    ordering = ("-pk",)
    actions = ("revoke",)

    @admin.display(boolean=True, description="signs in")
    def is_open(self, token: ApiToken) -> bool:
        """Whether it still signs in."""
        return token.is_open

    @admin.display(description="ends")
    def ends_at(self, token: ApiToken) -> str:
        """When it ends, also where the policy of today ends it sooner than it was made for."""
        return localize(localtime(token.ends_at))

    @admin.display(description="it may")
    def may(self, token: ApiToken) -> str:
        """The scopes."""
        return ", ".join(token.scopes)

    @admin.display(description="good only for", ordering="limit_name")
    def good_only_for(self, token: ApiToken) -> str:
        """The registry or model that it is limited to."""
        return token.limit_name or "–"

    @admin.display(description="replaced by")
    def replaced_by(self, token: ApiToken) -> str:
        """The next one of the chain."""
        return str(ApiToken.objects.filter(replaces=token).first() or "–")

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        """End them at once."""

        def end(token: ApiToken) -> str:
            revoke_token(token, actor=actor_of(request))
            return f"{token} was revoked."

        self.each(request, tokens, end)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """All for administrators and auditors."""
        return rows if access.can(actor, Right.AUDIT, None) else rows.filter(pk__in=tokens_of(actor).values("pk"))


@admin.register(TrustedWorkload)
class WorkloadAdmin(HouseAdmin):
    """Jobs elsewhere that act as a service account; for those who maintain or audit the registry."""

    shown = (
        "name",
        "registry",
        "account",
        "issuer",
        "audience",
        "they_say",
        "may",
        "created_by",
        "created_at",
        "ended_at",
        "last_used_at",
    )
    list_display = ("name", "registry", "account", "issuer", "created_at", "ended_at", "last_used_at")
    list_select_related = ("registry", "account")
    search_fields = ("name", "issuer", "account__username", "registry__name")
    ordering = ("-pk",)
    readonly_fields = ("they_say", "may")
    actions = ("end",)

    @admin.display(description="claims")
    def they_say(self, workload: TrustedWorkload) -> str:
        """What the identity token has to say."""
        return ", ".join(f"{claim} = {value}" for claim, value in workload.claims.items())

    @admin.display(description="they may")
    def may(self, workload: TrustedWorkload) -> str:
        """The scopes."""
        return ", ".join(workload.scopes)

    @admin.action(description="End")
    def end(self, request: HttpRequest, workloads: QuerySet[TrustedWorkload]) -> None:
        """Let their jobs in no more."""

        def end(workload: TrustedWorkload) -> str:
            end_trust(workload, actor=actor_of(request))
            return f"The trust {workload} has ended."

        self.each(request, workloads, end)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """In the registries that the actor maintains or audits."""
        return access.visible(actor, rows, Right.AUDIT)


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
