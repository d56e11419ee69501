"""Scans, what people answer for, quarantines and releases of the engine in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponse
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts import access
from accounts.admin.base import HouseAdmin, RegistryFilter, ShownInline, actor_of, is_administrator
from accounts.models import User
from accounts.queries import registries_for
from accounts.rights import Right
from blobs.models import Tree
from lib.errors import Invalid, NotFound
from registry.queries import versions_for
from scanning.health import queue_now, report_on
from scanning.models import AllowedName, EngineRelease, Finding, Quarantine, Scan, Waiver
from scanning.operations.names import allow_name, disallow_name
from scanning.operations.quarantines import BY_HAND, lift_quarantine, quarantine_tree
from scanning.operations.requests import request_scan
from scanning.operations.waivers import withdraw_waiver
from scanning.present import present_engine
from scanning.queries import waivers_for


class FindingInline(ShownInline):
    """What a scan has to say."""

    model = Finding
    fields = ("path", "severity", "rule", "subject", "message", "advice", "scanner", "position")
    per_page = 50


@admin.register(Scan)
class ScanAdmin(HouseAdmin):
    """Scans of the files of versions that the actor sees."""

    shown = (
        "verdict",
        "previous_verdict",
        "tree",
        "engine",
        "rules",
        "allow_list",
        "facts",
        "priority",
        "attempts",
        "requested_at",
        "taken_at",
        "finished_at",
    )
    list_display = (
        "tree",
        "verdict",
        "previous_verdict",
        "engine",
        "priority",
        "attempts",
        "requested_at",
        "finished_at",
    )
    list_filter = ("verdict", "previous_verdict", "priority", "engine", "requested_at")
    list_select_related = ("tree",)
    list_before_template = "admin/scanning/queue.html"
    search_fields = ("tree__digest__startswith",)
    ordering = ("-pk",)
    inlines = (FindingInline,)
    actions = ("scan_again",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, below a line about the queue."""
        more = {"queue": queue_now(), "engine": present_engine(), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, more)
        return response

    @admin.action(description="Scan again, if the engine has changed since")
    def scan_again(self, request: HttpRequest, scans: QuerySet[Scan]) -> None:
        """Ask the present engine for its opinion of the same files."""
        actor = actor_of(request)

        def ask(scan: Scan) -> str:
            version = versions_for(actor).filter(tree=scan.tree_id).order_by("-pk").first()
            if version is None:
                raise NotFound(f"No version holds the files of {scan.tree} any more.")
            asked = request_scan(version, actor=actor)
            if asked == scan and not asked.is_open:
                return f"The present engine has looked at {scan.tree} before; the same bytes get the same verdict."
            return f"{scan.tree} is being scanned."

        self.each(request, scans, ask)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of trees that belong to a version which the actor sees."""
        return rows.filter(tree__in=versions_for(actor).order_by().values("tree"))


@admin.register(Waiver)
class WaiverAdmin(HouseAdmin):
    """What people have accepted, to be read and withdrawn; it is accepted on the page of the version."""

    shown = (
        "registry",
        "tree",
        "keys",
        "heaviest",
        "reason",
        "granted_by",
        "granted_at",
        "ends_at",
        "withdrawn_at",
        "withdrawn_by",
        "end_noted_at",
    )
    list_display = ("tree", "registry", "heaviest", "granted_by", "granted_at", "ends_at", "withdrawn_at")
    list_filter = (RegistryFilter, "heaviest", ("withdrawn_at", admin.EmptyFieldListFilter), "ends_at")
    list_select_related = ("tree", "registry", "granted_by")
    search_fields = ("tree__digest__startswith", "granted_by__username", "reason")
    ordering = ("-pk",)
    actions = ("withdraw",)

    @admin.action(description="Withdraw, so that the findings count again")
    def withdraw(self, request: HttpRequest, waivers: QuerySet[Waiver]) -> None:
        """Make what they covered count again."""
        actor = actor_of(request)

        def take_back(waiver: Waiver) -> str:
            withdraw_waiver(waiver, actor=actor)
            return f"{waiver}: what was accepted counts again."

        self.each(request, waivers, take_back)

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those about versions that the actor sees."""
        return rows.filter(pk__in=waivers_for(actor).order_by().values("pk"))


class AllowedNameForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """One exact name, and why."""

    class Meta:
        model = AllowedName
        fields = ("registry", "module", "name", "reason")

    def _get_validation_exclusions(self) -> set[str]:
        """The operation says what is wrong, also of a name that is on the list."""
        return {field.name for field in AllowedName._meta.get_fields()}


@admin.register(AllowedName)
class AllowedNameAdmin(HouseAdmin):
    """Names that registries allow besides the allow list."""

    form_to_add = AllowedNameForm
    shown = ("registry", "module", "name", "reason", "added_by", "added_at")
    list_display = ("__str__", "registry", "reason", "added_by", "added_at")
    list_filter = (RegistryFilter,)
    list_select_related = ("registry", "added_by")
    search_fields = ("module", "name")
    ordering = ("registry__name", "module", "name")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage a registry."""
        return registries_for(actor_of(request), Right.MANAGE).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who manage this one."""
        return obj is None or access.can(actor_of(request), Right.MANAGE, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the registries that the actor manages."""
        if db_field.name == "registry":
            kwargs["queryset"] = registries_for(actor_of(request), Right.MANAGE)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, said: dict[str, Any], *, actor: User) -> AllowedName:
        """Allow the name."""
        return allow_name(said["registry"], said["module"], said["name"], reason=said["reason"], actor=actor)

    def delete_model(self, request: HttpRequest, obj: AllowedName) -> None:
        """Take the name off the list."""
        disallow_name(obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AllowedName]) -> None:
        """The same for several."""
        for allowed in queryset:
            self.delete_model(request, allowed)


class QuarantineForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """Which files, by the digest that every page of their versions shows, and why."""

    digest = forms.CharField(
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text="“Content” on the page of a version with these files.",
    )
    reason = forms.CharField(max_length=4_000, widget=UnfoldAdminTextareaWidget)

    class Meta:
        model = Quarantine
        fields = ("reason",)


@admin.register(Quarantine)
class QuarantineAdmin(HouseAdmin):
    """Files that are kept from readers, with who or what keeps them."""

    for_administrators = True
    form_to_add = QuarantineForm
    shown = ("tree", "cause", "reason", "opened_at", "lifted_at")
    list_display = ("tree", "cause", "reason", "opened_at", "lifted_at")
    list_filter = ("cause", ("lifted_at", admin.EmptyFieldListFilter), "opened_at")
    list_select_related = ("tree",)
    search_fields = ("tree__digest__startswith", "reason")
    ordering = ("-pk",)
    actions = ("lift",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators, not auditors."""
        return is_administrator(request)

    def create(self, said: dict[str, Any], *, actor: User) -> Quarantine:
        """Keep the files."""
        tree = Tree.objects.filter(digest=said["digest"].strip()).first()
        if tree is None:
            raise Invalid("digest", "No files here have this digest.")
        return quarantine_tree(tree, BY_HAND, said["reason"], actor=actor)

    @admin.action(description="Let the files out")
    def lift(self, request: HttpRequest, quarantines: QuerySet[Quarantine]) -> None:
        """Lift each of them, whatever its cause."""
        actor = actor_of(request)
        if not is_administrator(request):
            raise PermissionDenied

        def let_out(quarantine: Quarantine) -> str:
            lift_quarantine(quarantine.tree, quarantine.cause, actor=actor)
            return f"The files of {quarantine.tree} are out of quarantine."

        self.each(request, quarantines, let_out)


@admin.register(EngineRelease)
class EngineReleaseAdmin(HouseAdmin):
    """Releases of the engine, and how far each has come with what was kept."""

    for_administrators = True
    shown = ("engine", "began_at", "finished_at", "trees", "asked", "phase", "progress", "changed")
    list_display = ("engine", "began_at", "finished_at", "trees", "progress")
    list_before_template = "admin/scanning/queue.html"
    search_fields = ("engine",)
    ordering = ("-began_at",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, below a line about the queue."""
        more = {"queue": queue_now(), "engine": present_engine(), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, more)
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What is computed."""
        return ("progress", "changed")

    @admin.display(description="scanned again")
    def progress(self, release: EngineRelease) -> str:
        """Of a hundred."""
        return "all" if release.finished_at else f"{report_on(release).percent} %"

    @admin.display(description="verdicts that changed")
    def changed(self, release: EngineRelease) -> str:
        """How many from which to which."""
        changes = report_on(release).changes
        return "; ".join(f"{change.count} from {change.before} to {change.after}" for change in changes) or "none"
