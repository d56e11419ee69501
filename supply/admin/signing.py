"""Trust anchors, signatures, keys and attestations in the admin. Only trust is given and taken back here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.base import HouseAdmin, RegistryFilter, actor_of
from accounts.models import User
from accounts.queries import registries_for
from accounts.rights import Right
from registry.models import ModelVersion
from registry.queries import origin_seen
from supply.models import Attestation, Signature, SigningKey, TrustAnchor
from supply.operations.anchors import add_trust_anchor, revoke_trust_anchor
from supply.signing.anchors import about
from supply.statements import PROVENANCE


class TrustAnchorForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """Somebody to trust: a public key, or the certificate of an authority."""

    pem = forms.CharField(
        label="PEM",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One public key or one certificate of an authority; never a private key.",
    )

    class Meta:
        model = TrustAnchor
        fields = ("registry", "name", "pem", "valid_from", "valid_until")

    def _get_validation_exclusions(self) -> set[str]:
        """The operation says in words what is there already, so the constraints are not for the form to check."""
        return {field.name for field in TrustAnchor._meta.get_fields()}


class RevokingForm(ActionForm):  # type: ignore[misc] # unfold has no types
    """The menu of actions, with room for the reason."""

    reason = forms.CharField(
        label="",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason", "aria-label": "Reason", "x-show": "action"}),
    )


@admin.register(TrustAnchor)
class TrustAnchorAdmin(HouseAdmin):
    """Whom registries trust to sign. An anchor is revoked, never edited and never deleted."""

    form_to_add = TrustAnchorForm
    shown = (
        "registry",
        "name",
        "kind",
        "is_about",
        "fingerprint",
        "pem",
        "valid_from",
        "valid_until",
        "added_by",
        "added_at",
        "revoked_at",
        "revoked_by",
        "revocation_reason",
    )
    readonly_fields = ("is_about",)
    list_display = ("name", "registry", "kind", "valid_from", "valid_until", "added_by", "added_at", "revoked_at")
    list_filter = (RegistryFilter, "kind", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("registry", "added_by")
    search_fields = ("name", "fingerprint")
    ordering = ("-pk",)
    action_form = RevokingForm
    actions = ("revoke",)

    @admin.display(description="what it is")
    def is_about(self, anchor: TrustAnchor) -> str:
        """The kind of key, or whom the certificate names."""
        return about(anchor.kind, anchor.pem)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, anchors: QuerySet[TrustAnchor]) -> None:
        """Let no signature count by them any more."""

        def end(anchor: TrustAnchor) -> str:
            revoke_trust_anchor(anchor, request.POST.get("reason", ""), actor=actor_of(request))
            return f"{anchor} is not trusted any more."

        self.each(request, anchors, end)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage a registry."""
        return registries_for(actor_of(request), Right.MANAGE).exists()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the registries that the actor manages."""
        if db_field.name == "registry":
            kwargs["queryset"] = registries_for(actor_of(request), Right.MANAGE)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, said: dict[str, Any], *, actor: User) -> TrustAnchor:
        """Trust it."""
        return add_trust_anchor(
            said["registry"],
            said["name"],
            said["pem"],
            valid_from=said["valid_from"],
            valid_until=said["valid_until"],
            actor=actor,
        )


@admin.register(Signature)
class SignatureAdmin(HouseAdmin):
    """Signatures that people added. What each is worth is told on the page of its version, where it is computed."""

    shown = ("version", "form", "digest", "document", "added_by", "added_at")
    list_display = ("version", "form", "digest", "added_by", "added_at")
    list_filter = (type("InRegistryOfSignature", (RegistryFilter,), {"path": "version__model__registry"}), "form")
    list_select_related = ("version__model", "added_by")
    search_fields = ("version__model__name", "digest")
    ordering = ("-pk",)


@admin.register(SigningKey)
class SigningKeyAdmin(HouseAdmin):
    """The keys that registries sign with: their public parts."""

    shown = ("registry", "fingerprint", "public_pem", "made_by", "made_at", "retired_at")
    list_display = ("__str__", "registry", "made_by", "made_at", "retired_at")
    list_filter = (RegistryFilter,)
    list_select_related = ("registry", "made_by")
    search_fields = ("fingerprint",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SigningKey]:
        """Without the private part, which no page needs."""
        return super().get_queryset(request).defer("private_sealed")


@admin.register(Attestation)
class AttestationAdmin(HouseAdmin):
    """What Gatehouse signed about versions. Where they come from is shown to those who may see all of that."""

    shown = ("version", "place", "predicate_type", "key", "made_at", "envelope")
    list_display = ("version", "place", "predicate_type", "key", "made_at")
    list_filter = (type("InRegistryOfAttestation", (RegistryFilter,), {"path": "version__model__registry"}),)
    list_select_related = ("version__model", "key")
    search_fields = ("version__model__name", "place")
    ordering = ("-pk",)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """As on the pages of versions."""
        seen = super().visible_to(actor, rows)
        origins = ModelVersion.objects.filter(origin_seen(actor)).values("pk")
        return seen.exclude(predicate_type=PROVENANCE) | seen.filter(predicate_type=PROVENANCE, version__in=origins)
