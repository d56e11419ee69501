"""Protected places and restricted models in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Registry, User
from accounts.operations.teams import create_team
from registry.models import Protection, RegisteredModel, Stage


@pytest.fixture
def office(client: Client, maintainer: User) -> Client:
    """A browser of a maintainer who may open the admin."""
    maintainer.is_staff = True
    maintainer.save(update_fields=["is_staff"])
    client.force_login(maintainer)
    return client


def test_places_are_protected_and_released(office: Client, registry: Registry, system: User) -> None:
    team = create_team("release", actor=system)
    stage = Stage.objects.get(registry=registry, name="Production")
    add = reverse("admin:registry_protection_add")
    assert office.get(add).status_code == 200
    said = {"registry": registry.pk, "stage": stage.pk, "alias": "", "roles": ["maintainer"], "teams": [team.pk]}
    assert office.post(add, said).status_code == 302
    place = Protection.objects.get()
    assert (place.stage, place.roles, list(place.teams.all())) == (stage, ["maintainer"], [team])
    assert "release" in office.get(reverse("admin:registry_protection_changelist")).content.decode()
    assert office.get(reverse("admin:registry_protection_change", args=[place.pk])).status_code == 200
    refused = office.post(add, {"registry": registry.pk, "alias": "blue"})
    assert refused.status_code == 200
    assert "at least one role or one team" in refused.content.decode()
    answer = office.post(reverse("admin:registry_protection_delete", args=[place.pk]), {"post": "yes"})
    assert answer.status_code == 302
    assert not Protection.objects.exists()


def test_who_manages_nothing_protects_nothing(client: Client, registry: Registry, reviewer: User) -> None:
    reviewer.is_staff = True
    reviewer.save(update_fields=["is_staff"])
    client.force_login(reviewer)
    assert client.get(reverse("admin:registry_protection_add")).status_code == 403


def test_models_are_restricted_and_opened_by_action(office: Client, model: RegisteredModel, reviewer: User) -> None:
    page = reverse("admin:registry_registeredmodel_changelist")
    for action, restricted in (("restrict", True), ("open_up", False)):
        assert office.post(page, {"action": action, "_selected_action": [model.pk]}).status_code == 302
        model.refresh_from_db()
        assert model.restricted is restricted
    reviewer.is_staff = True
    reviewer.save(update_fields=["is_staff"])
    office.force_login(reviewer)
    answer = office.post(page, {"action": "restrict", "_selected_action": [model.pk]}, follow=True)
    assert "does not include the right" in answer.content.decode()
    model.refresh_from_db()
    assert not model.restricted
