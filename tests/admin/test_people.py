"""People, teams and invitations in the admin: administrators change them by operations, auditors look."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.authentication import with_password
from accounts.models import Invitation, Team, User
from accounts.operations.standing import set_organisation_role
from accounts.operations.teams import add_member, create_team
from accounts.rights import OrganisationRole
from events.models import Event
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
    assert "Hand over or deactivate what ada answers for: ci." in said
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
