"""People and service accounts in the admin. Administrators change them, auditors look at them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from accounts.admin.base import HouseAdmin, actor_of, is_administrator
from accounts.models import User
from accounts.operations.attempts import unlock_account
from accounts.operations.people import (
    create_person,
    create_service_account,
    describe_account,
    hand_over_service_account,
)
from accounts.operations.sign_ins import remove_second_factor
from accounts.operations.standing import (
    deactivate_account,
    let_into_admin,
    reactivate_account,
    set_organisation_role,
)
from accounts.queries import service_accounts_of
from accounts.rights import OrganisationRole

_ROLES = [(role.value, role.value.capitalize()) for role in OrganisationRole]
_ROLE_HELP = "An administrator may do everything but approve what is their own; an auditor sees everything."


def _people() -> QuerySet[User]:
    return User.objects.filter(kind=User.Kind.PERSON, is_active=True).order_by("username")


class _OwnerField(forms.ModelChoiceField):  # type: ignore[type-arg] # a parameter of the stubs only
    """A choice among people that says who is deactivated."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}{'' if obj.is_active else ' (deactivated)'}"


class OrganisationRoleFilter(admin.SimpleListFilter):
    """By what people are for the whole installation."""

    title = "organisation role"
    parameter_name = "organisation_role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them."""
        return _ROLES

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The accounts with the chosen one."""
        if self.value() not in dict(_ROLES):
            return queryset
        return queryset.filter(
            is_superuser=self.value() == OrganisationRole.ADMINISTRATOR,
            is_auditor=self.value() == OrganisationRole.AUDITOR,
        )


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
        help_text="Of a person. Without one the person cannot sign in on pages yet; an invitation lets people choose.",
    )
    owner = forms.ModelChoiceField(
        _people(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Of a service account: the person who answers for it.",
    )
    organisation_role = forms.ChoiceField(
        choices=_ROLES, required=False, widget=UnfoldAdminSelectWidget, help_text=_ROLE_HELP
    )

    class Meta:
        model = User
        fields = (
            "kind",
            "username",
            "email",
            "display_name",
            "password",
            "owner",
            "organisation_role",
            "is_staff",
        )

    def clean(self) -> dict[str, Any]:
        """What each kind needs."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("kind") == User.Kind.PERSON and not said.get("email"):
            self.add_error("email", "A person has an e-mail address.")
        if said.get("kind") == User.Kind.SERVICE and not said.get("owner"):
            self.add_error("owner", "Name the person who answers for the service account.")
        return said


class AccountChangeForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """What may change of an account."""

    organisation_role = forms.ChoiceField(
        choices=_ROLES,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_ROLE_HELP,
    )
    owner = _OwnerField(
        _people(), required=False, widget=UnfoldAdminSelectWidget, help_text="The person who answers for it."
    )

    class Meta:
        model = User
        fields = ("display_name", "email", "is_staff", "owner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["organisation_role"] = self.instance.organisation_role.value
        owner: Any = self.fields.get("owner")
        if owner and self.instance.owner_id:  # also one who is deactivated, or the form would lose the owner
            owner.queryset = (_people() | User.objects.filter(pk=self.instance.owner_id)).order_by("username")


@admin.register(User)
class AccountAdmin(HouseAdmin):
    """People and service accounts."""

    for_administrators = True
    form_to_add = AccountForm
    form = AccountChangeForm
    shown = (
        "username",
        "kind",
        "is_active",
        "display_name",
        "email",
        "organisation_role",
        "is_staff",
        "owner",
        "answers_for",
        "date_joined",
        "last_login",
    )
    list_display = (
        "username",
        "display_name",
        "email",
        "kind",
        "owner",
        "organisation_role",
        "is_active",
    )
    list_filter = ("kind", OrganisationRoleFilter, "is_active", "is_staff")
    list_select_related = ("owner",)
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    actions = ("deactivate", "reactivate", "unlock", "take_second_factor")
    actions_submit_line = ("deactivate_this", "reactivate_this", "unlock_this")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators; Gatehouse itself stays as it is."""
        return is_administrator(request) and not (isinstance(obj, User) and obj.is_system)

    def has_administer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who is offered the actions."""
        return is_administrator(request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """What this kind of account has."""
        fields = super().get_fields(request, obj)
        if not isinstance(obj, User):
            return fields
        others = (
            {"owner"} if obj.kind == User.Kind.PERSON else {"email", "is_staff", "organisation_role", "answers_for"}
        )
        return [field for field in fields if field not in others]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The rest changes by an action, or never."""
        return ("username", "kind", "is_active", "answers_for", "date_joined", "last_login") if obj else ()

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Buttons of the page of one account: those that would change something."""
        account = self.get_queryset(request).filter(pk=object_id).first() if str(object_id).isdecimal() else None
        if account is None or not self.has_change_permission(request, account):
            return []
        fit = {"deactivate_this"} if account.is_active else {"reactivate_this"}
        fit |= {"unlock_this"} if account.kind == User.Kind.PERSON else set()
        offered = super().get_actions_submit_line(request, object_id)
        return [action for action in offered if action.action_name.removeprefix("accounts_user_") in fit]

    @admin.display(description="organisation role", ordering="-is_superuser")
    def organisation_role(self, account: User) -> str:
        """In words; most have none."""
        role = account.organisation_role
        return "–" if role is OrganisationRole.NONE else role.value.capitalize()

    @admin.display(description="answers for")
    def answers_for(self, person: User) -> str:
        """The service accounts that the person owns."""
        names = [f"{one.username}{'' if one.is_active else ' (deactivated)'}" for one in service_accounts_of(person)]
        return ", ".join(names) or "no service account"

    @admin.action(description="Deactivate", permissions=["administer"])
    def deactivate(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        """Keep them out at every door."""

        self.each(request, accounts, lambda account: _deactivated(account, actor_of(request)))

    @admin.action(description="Deactivate", permissions=["administer"])
    def deactivate_this(self, request: HttpRequest, account: User) -> None:
        """The same from its own page, where a refusal is shown in the form."""
        self.message_user(request, _deactivated(User.objects.get(pk=account.pk), actor_of(request)))

    @admin.action(description="Reactivate", permissions=["administer"])
    def reactivate(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        """Let them in again."""

        def begin(account: User) -> str:
            reactivate_account(account, actor=actor_of(request))
            return f"{account} is active again."

        self.each(request, accounts, begin)

    @admin.action(description="Reactivate", permissions=["administer"])
    def reactivate_this(self, request: HttpRequest, account: User) -> None:
        """The same from its own page."""
        reactivate_account(User.objects.get(pk=account.pk), actor=actor_of(request))
        self.message_user(request, f"{account} is active again.")

    @admin.action(description="Unlock after wrong passwords", permissions=["administer"])
    def unlock(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        """Forget the wrong passwords."""

        self.each(request, accounts, lambda account: _unlocked(account, actor_of(request)))

    @admin.action(description="Unlock", permissions=["administer"])
    def unlock_this(self, request: HttpRequest, account: User) -> None:
        """The same from its own page."""
        self.message_user(request, _unlocked(account, actor_of(request)))

    @admin.action(description="Take the second factor away (telephone and codes are lost)", permissions=["administer"])
    def take_second_factor(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        """Let them in with the password alone, until they set up another one."""

        def take(account: User) -> str:
            remove_second_factor(account, actor=actor_of(request))
            return f"{account} has no second factor now."

        self.each(request, accounts, take)

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
            is_administrator=said["organisation_role"] == OrganisationRole.ADMINISTRATOR,
            is_auditor=said["organisation_role"] == OrganisationRole.AUDITOR,
            may_open_admin=said["is_staff"],
            actor=actor,
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Change by operations what the form changed."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        self._describe(User.objects.get(pk=obj.pk), form, actor_of(request))
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    def _describe(self, account: User, form: Any, actor: User) -> None:
        said = form.cleaned_data
        if account.kind == User.Kind.SERVICE:
            describe_account(account, display_name=said["display_name"], actor=actor)
            if said["owner"] and said["owner"].pk != account.owner_id:
                hand_over_service_account(account, said["owner"], actor=actor)
            return
        email = said["email"] or ""
        describe_account(
            account,
            display_name=said["display_name"],
            email=email if email != (account.email or "") else None,
            actor=actor,
        )
        if said["organisation_role"] and "organisation_role" in form.changed_data:
            set_organisation_role(account, OrganisationRole(said["organisation_role"]), actor=actor)
        if "is_staff" in form.changed_data:
            let_into_admin(account, said["is_staff"], actor=actor)


def _deactivated(account: User, actor: User) -> str:
    """Keep an account out; the sentence leads to the service accounts that are left with nobody."""
    deactivate_account(account, actor=actor)
    owned = [one.username for one in service_accounts_of(account) if one.is_active]
    if not owned:
        return f"{account} was deactivated."
    links = format_html_join(
        ", ", '<a class="underline" href="{}">{}</a>', ((reverse("service-account", args=[one]), one) for one in owned)
    )
    return format_html("{0} was deactivated. Hand over or deactivate what {0} answers for: {1}.", account, links)


def _unlocked(account: User, actor: User) -> str:
    had_any = unlock_account(account, actor=actor)
    return f"{account} was unlocked." if had_any else f"There were no wrong passwords for {account}."
