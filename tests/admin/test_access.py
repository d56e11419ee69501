"""Roles with an end and access requests in the admin."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.operations.access_requests import ask_for_access
from accounts.rights import Role
from registry.models import RegisteredModel, RegisteredModelGrant
from tests.conftest import Member

ADD = "admin:registry_registeredmodelgrant_add"


def enter(client: Client, user: User) -> Client:
    """Signed in, as somebody who may open the admin."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client.force_login(user)
    return client


def test_a_role_is_given_until_a_moment(
    client: Client, maintainer: User, stranger: User, model: RegisteredModel
) -> None:
    enter(client, maintainer)
    until = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    form = {"content_object": model.pk, "team": stranger.personal_team.pk, "role": "reader"}
    past = {**form, "ends_at_0": "2020-01-01", "ends_at_1": "00:00:00"}
    assert "A role ends in the future." in client.post(reverse(ADD), past).content.decode()
    moment = {"ends_at_0": f"{until:%Y-%m-%d}", "ends_at_1": f"{until:%H:%M:%S}"}
    assert client.post(reverse(ADD), {**form, **moment}).status_code == 302
    grant = RegisteredModelGrant.objects.get(group=stranger.personal_team.group)
    assert grant.ends_at == until
    page = client.get(reverse("admin:registry_registeredmodelgrant_changelist")).content.decode()
    assert "stranger" in page


def test_requests_are_read_by_those_who_decide_and_lead_to_their_page(
    client: Client, maintainer: User, scientist: User, reviewer: User, model: RegisteredModel, member: Member
) -> None:
    rita = member(Role.METADATA_READER, model.registry, name="rita")
    asked = ask_for_access(model, Role.READER, reason="I evaluate it.", actor=rita)
    page = reverse("admin:accounts_accessrequest_changelist")
    seen = enter(client, maintainer).get(page).content.decode()
    assert "model iris" in seen
    assert f"/access/requests/{asked.pk}" in seen
    one = reverse("admin:accounts_accessrequest_change", args=[asked.pk])
    assert "I evaluate it." in client.get(one).content.decode()
    assert client.post(one, {"state": "granted"}).status_code == 403
    assert "model iris" not in enter(client, reviewer).get(page).content.decode()
