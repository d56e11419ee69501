"""People, teams and invitations in the admin: administrators change them by operations, auditors look."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.authentication import with_password
from accounts.models import Invitation, Team, User
from accounts.operations.standing import deactivate_account, set_organisation_role
from accounts.operations.teams import add_member, create_team
from accounts.operations.tokens import create_token
from accounts.rights import OrganisationRole, Scope
from events.models import Event
from registry.models import ModelVersion
from tests.conftest import PASSWORD

PAGES = ["accounts_user", "accounts_team", "accounts_invitation", "events_event", "accounts_apitoken"]


def run(client: Client, page: str, action: str, *rows: Any) -> str:
    """Run an action on rows of a list; what the next page says."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(f"admin:{page}_changelist"), data, follow=True).content.decode()


@pytest.fixture
def auditor(stranger: User, administrator: User) -> User:
    """An auditor who may open the admin."""
    set_organisation_role(stranger, OrganisationRole.AUDITOR, actor=administrator)
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    return User.objects.get(pk=stranger.pk)


def test_accounts_are_kept_out_let_in_and_unlocked(
    client: Client, administrator: User, scientist: User, ci_account: User
) -> None:
    client.force_login(administrator)
    said = run(client, "accounts_user", "deactivate", scientist, administrator)
    assert re.search(r'what ada answers for: <a class="underline" href="/service-accounts/ci">ci</a>\.', said)
    assert "You cannot deactivate yourself" in said
    scientist.refresh_from_db()
    assert not scientist.is_active
    assert "ada is active again." in run(client, "accounts_user", "reactivate", scientist)
    for _ in range(10):
        with_password("ada", "wrong")
    assert "ada was unlocked." in run(client, "accounts_user", "unlock", scientist)
    assert with_password("ada", PASSWORD) == scientist
    page = client.get(reverse("admin:accounts_user_change", args=[scientist.pk])).content.decode()
    assert re.search(r"answers for.*?ci", page, re.DOTALL | re.IGNORECASE)


def test_a_filter_that_no_database_takes_is_refused(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    list_of_accounts = reverse("admin:accounts_user_changelist")
    for query in ("kind__exact=%00", "is_active__exact=%00", "owner__exact=1"):
        assert client.get(f"{list_of_accounts}?{query}").status_code == 400
    assert client.get(f"{list_of_accounts}?q=%00").status_code == 200
    assert client.get(f"{list_of_accounts}?kind__exact=person").status_code == 200


def test_a_person_is_changed_by_operations(client: Client, administrator: User, scientist: User) -> None:
    client.force_login(administrator)
    change = reverse("admin:accounts_user_change", args=[scientist.pk])
    said = {"display_name": "Ada", "email": "ada@example.org", "organisation_role": "auditor", "is_staff": "on"}
    assert client.post(change, said).status_code == 302
    scientist.refresh_from_db()
    assert (scientist.display_name, scientist.is_auditor, scientist.is_staff) == ("Ada", True, True)
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))[-3:]
    assert kinds == ["account.changed", "person.organisation_role_set", "person.admin_opened"]
    own = reverse("admin:accounts_user_change", args=[administrator.pk])
    refused = client.post(own, {"display_name": "", "email": "root@example.org", "organisation_role": "none"})
    assert "last administrator" in refused.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_superuser


def test_a_service_account_is_handed_over(
    client: Client, administrator: User, reviewer: User, ci_account: User, system: User
) -> None:
    client.force_login(administrator)
    change = reverse("admin:accounts_user_change", args=[ci_account.pk])
    assert client.post(change, {"display_name": "Pipeline", "owner": reviewer.pk}).status_code == 302
    ci_account.refresh_from_db()
    assert (ci_account.display_name, ci_account.owner) == ("Pipeline", reviewer)
    gatehouse = reverse("admin:accounts_user_change", args=[system.pk])
    assert client.post(gatehouse, {"display_name": "x"}).status_code == 403


def test_a_machine_whose_owner_is_gone_keeps_it_in_the_form(
    client: Client, administrator: User, scientist: User, ci_account: User
) -> None:
    deactivate_account(scientist, actor=administrator)
    client.force_login(administrator)
    change = reverse("admin:accounts_user_change", args=[ci_account.pk])
    assert "ada (deactivated)" in client.get(change).content.decode()
    assert client.post(change, {"display_name": "Pipeline", "owner": scientist.pk}).status_code == 302
    ci_account.refresh_from_db()
    assert (ci_account.display_name, ci_account.owner) == ("Pipeline", scientist)


def test_the_page_of_an_account_keeps_it_out_lets_it_in_and_unlocks(
    client: Client, administrator: User, scientist: User
) -> None:
    client.force_login(administrator)

    def press(account: User, button: str) -> str:
        change = reverse("admin:accounts_user_change", args=[account.pk])
        page = client.get(change).content.decode()
        assert (f'name="accounts_user_{button}"' in page) is (button != "reactivate_this" or not account.is_active)
        said = {"display_name": "Ada", "email": account.email, "organisation_role": account.organisation_role.value}
        said |= {"is_staff": "on"} if account.is_staff else {}
        answer = client.post(change, said | {f"accounts_user_{button}": ""}, follow=True).content.decode()
        account.refresh_from_db()
        return answer

    assert "ada was unlocked" in press(locked(scientist), "unlock_this")
    assert "ada was deactivated" in press(scientist, "deactivate_this")
    assert not scientist.is_active
    assert "ada is active again" in press(scientist, "reactivate_this")
    assert scientist.is_active
    assert "You cannot deactivate yourself" in press(administrator, "deactivate_this")
    assert administrator.is_active


def locked(person: User) -> User:
    for _ in range(10):
        with_password(person.username, "wrong")
    return person


def test_the_list_shows_and_filters_by_the_organisation_role(
    client: Client, administrator: User, auditor: User, scientist: User
) -> None:
    client.force_login(administrator)
    for role, name in (("administrator", "root"), ("auditor", auditor.username), ("none", "ada")):
        page = client.get(reverse("admin:accounts_user_changelist"), {"organisation_role": role})
        shown = {account.username for account in page.context["cl"].result_list}
        assert name in shown
        assert not shown & {"root", auditor.username, "ada"} - {name}


def test_a_list_is_filtered_by_registry_and_by_nothing_else_of_it(
    client: Client, administrator: User, version: ModelVersion
) -> None:
    client.force_login(administrator)
    models, registry = reverse("admin:registry_registeredmodel_changelist"), version.model.registry
    found = client.get(models, {"registry": registry.pk}).context["cl"].result_list
    assert list(found) == [version.model]
    assert client.get(models, {"registry__description__startswith": "x"}).status_code == 400


@pytest.mark.parametrize("role", ["none", "auditor", "administrator"])
def test_a_person_is_added_with_an_organisation_role(client: Client, administrator: User, role: str) -> None:
    client.force_login(administrator)
    said = {"kind": "person", "username": "eve", "email": "eve@example.org", "organisation_role": role}
    assert client.post(reverse("admin:accounts_user_add"), said).status_code == 302
    assert User.objects.get(username="eve").organisation_role.value == role


def test_a_token_is_told_in_words(client: Client, administrator: User, version: ModelVersion) -> None:
    token, _ = create_token(
        administrator, name="x", scopes=[Scope.READ, Scope.WRITE], limit=version.model, actor=administrator
    )
    client.force_login(administrator)
    page = client.get(reverse("admin:accounts_apitoken_change", args=[token.pk])).content.decode()
    assert "read, write" in page and "main/iris" in page
    assert str(token.ends_at.microsecond) not in page
    index = client.get("/admin/").content.decode()
    for words in ("Tokens", "Roles on registries", "Roles on models", "Trusted jobs", "Accounts"):
        assert words in index
    assert "Api tokens" not in index and "Trusted workloads" not in index


def test_a_team_is_renamed_led_and_deleted(client: Client, administrator: User, scientist: User) -> None:
    client.force_login(administrator)
    team = create_team("fraud", actor=administrator)
    change = reverse("admin:accounts_team_change", args=[team.pk])
    said = {"name": "risk", "members": [scientist.pk], "leads": [scientist.pk]}
    assert client.post(change, said).status_code == 302
    team.refresh_from_db()
    assert (team.name, list(team.leads.all())) == ("risk", [scientist])
    refused = client.post(change, {"name": "risk", "members": [], "leads": [administrator.pk]})
    assert "only a member leads it" in refused.content.decode()
    assert list(team.leads.all()) == [scientist]
    assert client.post(reverse("admin:accounts_team_delete", args=[team.pk]), {"post": "yes"}).status_code == 302
    assert not Team.objects.filter(name="risk").exists()
    assert Event.objects.latest("pk").kind == "team.deleted"


def test_somebody_is_invited_and_the_invitation_withdrawn(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    team = create_team("fraud", actor=administrator)
    add = reverse("admin:accounts_invitation_add")
    assert client.get(add).status_code == 200
    page = client.post(add, {"email": "eve@example.org", "teams": [team.pk]}, follow=True).content.decode()
    (link,) = set(re.findall(r"http://testserver(/invitations/[\w-]{40,})", page))
    assert Client().get(link).status_code == 200
    invitation = Invitation.objects.get()
    assert list(invitation.teams.all()) == [team]
    again = client.post(add, {"email": "eve@example.org"})
    assert "is open already" in again.content.decode()
    assert "was withdrawn" in run(client, "accounts_invitation", "withdraw", invitation)
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_an_auditor_looks_at_every_page(
    client: Client, auditor: User, scientist: User, system: User, page: str
) -> None:
    add_member(create_team("fraud", actor=system), scientist, actor=system)
    client.force_login(auditor)
    assert client.get("/admin/").status_code == 200
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200


def test_an_auditor_changes_nothing(client: Client, auditor: User, scientist: User, system: User) -> None:
    team = create_team("fraud", actor=system)
    client.force_login(auditor)
    before = Event.objects.count()
    for page, row in (("accounts_user", scientist), ("accounts_team", team)):
        change = reverse(f"admin:{page}_change", args=[row.pk])
        assert client.get(change).status_code == 200
        assert client.post(change, {"name": "x", "display_name": "x"}).status_code == 403
        assert client.get(reverse(f"admin:{page}_add")).status_code == 403
        assert client.post(reverse(f"admin:{page}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:accounts_invitation_add")).status_code == 403
    for action in ("deactivate", "unlock"):
        run(client, "accounts_user", action, scientist)
    scientist.refresh_from_db()
    assert scientist.is_active
    assert Event.objects.count() == before


def test_a_form_that_leaves_the_role_out_leaves_it_as_it_is(
    client: Client, administrator: User, stranger: User
) -> None:
    client.force_login(administrator)
    set_organisation_role(stranger, OrganisationRole.AUDITOR, actor=administrator)
    said = {"display_name": "Somebody", "email": "stranger@example.org"}
    assert client.post(reverse("admin:accounts_user_change", args=[stranger.pk]), said).status_code == 302
    stranger.refresh_from_db()
    assert (stranger.display_name, stranger.is_auditor) == ("Somebody", True)
