"""Teams and invitations in the admin. Administrators change them, auditors look at them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelect2MultipleWidget

from accounts import mail
from accounts.admin.base import HouseAdmin, actor_of, is_administrator
from accounts.models import Invitation, Team, User
from accounts.operations.invitations import invite_person, withdraw_invitation
from accounts.operations.teams import (
    add_member,
    appoint_lead,
    create_team,
    delete_team,
    dismiss_lead,
    remove_member,
    rename_team,
)


class TeamForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """A team, who is in it and who leads it."""

    members = forms.ModelMultipleChoiceField(
        User.objects.exclude(kind=User.Kind.SYSTEM).order_by("username"),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    leads = forms.ModelMultipleChoiceField(
        User.objects.exclude(kind=User.Kind.SYSTEM).order_by("username"),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Members who put others in and take them out.",
    )

    class Meta:
        model = Team
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["members"] = self.instance.group.user_set.all()
            self.initial["leads"] = self.instance.leads.all()


@admin.register(Team)
class TeamAdmin(HouseAdmin):
    """Shared teams."""

    for_administrators = True
    form = form_to_add = TeamForm
    shown = ("name", "members", "leads")
    list_display = ("name", "led_by")
    search_fields = ("name",)
    ordering = ("name",)

    @admin.display(description="leads")
    def led_by(self, team: Team) -> str:
        """Who puts others in and takes them out."""
        return ", ".join(lead.username for lead in team.leads.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the leads, in one more query."""
        return super().get_queryset(request).prefetch_related("leads")

    def visible_to(self, actor: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Not the personal ones."""
        return rows.filter(person=None)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def members(self, team: Team) -> str:
        """Who is in it, for those who only look."""
        return ", ".join(team.group.user_set.order_by("username").values_list("username", flat=True))

    def create(self, said: dict[str, Any], *, actor: User) -> Team:
        """The team with its first members."""
        team = create_team(said["name"], actor=actor)
        _fill(team, said, actor)
        return team

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Rename it, put in and take out whom the form changed."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        actor, said = actor_of(request), form.cleaned_data
        rename_team(Team.objects.select_related("group").get(pk=obj.pk), said["name"], actor=actor)
        _fill(obj, said, actor)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """With the roles that it has."""
        delete_team(obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The same for several."""
        for team in queryset:
            delete_team(team, actor=actor_of(request))


def _fill(team: Team, said: dict[str, Any], actor: User) -> None:
    """Make the members and leads of a team those that a form names."""
    before, after = set(team.group.user_set.all()), set(said["members"])
    led, lead = set(team.leads.all()), set(said["leads"])
    for member in after - before:
        add_member(team, member, actor=actor)
    for member in before - after:
        remove_member(team, member, actor=actor)
    for member in lead - led:
        appoint_lead(team, member, actor=actor)
    for member in (led - lead) & after:
        dismiss_lead(team, member, actor=actor)


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg] # a parameter of the stubs only
    """Whom to invite, and into which teams."""

    email = forms.EmailField(max_length=254, widget=UnfoldAdminEmailInputWidget)
    teams = forms.ModelMultipleChoiceField(
        Team.objects.filter(person=None).order_by("name"), required=False, widget=UnfoldAdminSelect2MultipleWidget
    )

    class Meta:
        model = Invitation
        fields = ("email", "teams")


@admin.register(Invitation)
class InvitationAdmin(HouseAdmin):
    """Who was invited. A link is shown once, when it is made."""

    for_administrators = True
    form_to_add = InvitationForm
    shown = ("email", "state", "teams", "invited_by", "created_at", "ends_at", "accepted_at", "accepted_by")
    list_display = ("email", "state", "invited_by", "created_at", "ends_at", "accepted_by")
    list_select_related = ("invited_by", "accepted_by")
    search_fields = ("email",)
    ordering = ("-pk",)
    actions = ("withdraw",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators."""
        return is_administrator(request)

    def has_administer_permission(self, request: HttpRequest) -> bool:
        """Who is offered the actions."""
        return is_administrator(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Invite, and tell the link."""
        said = form.cleaned_data
        made, secret = invite_person(said["email"], teams=said["teams"], actor=actor_of(request))
        for field in made._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))
        link = request.build_absolute_uri(reverse("invitation", args=[secret]))
        request.invited = (made, link)  # type: ignore[attr-defined] # for response_add, after the transaction

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The operation has done it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        """Send the mail now that the invitation is stored, and show the link once."""
        made, link = request.invited  # type: ignore[attr-defined] # set by save_model
        sent = "was sent by mail" if mail.send_invitation(made, link) else "was not sent by mail; pass it on yourself"
        self.message_user(request, f"The link for {made} {sent}. It is shown this once: {link}", messages.WARNING)
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description="Withdraw", permissions=["administer"])
    def withdraw(self, request: HttpRequest, invitations: QuerySet[Invitation]) -> None:
        """End the links at once."""

        def end(invitation: Invitation) -> str:
            withdraw_invitation(invitation, actor=actor_of(request))
            return f"The invitation to {invitation} was withdrawn."

        self.each(request, invitations, end)
