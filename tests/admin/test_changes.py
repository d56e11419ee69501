"""What can be changed in the admin goes through the operations, and is refused as everywhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import access
from accounts.models import ApiToken, Registry, RegistryGrant, Team, User
from accounts.rights import Right, Role
from approvals.models import Policy, Review
from approvals.operations.reviews import request_review
from events.kinds import Kind
from events.models import Event
from registry.models import ModelVersion, RegisteredModelGrant, Stage
from registry.queries import current_stage
from scanning.models import Scan
from tests.conftest import Member


@pytest.fixture
def review(version: ModelVersion, scientist: User, stage: Callable[[str], Stage], judge: Callable[..., Scan]) -> Review:
    """The scientist asks for production; the scan is clean."""
    judge(version)
    return request_review(version, stage=stage("Production"), actor=scientist)


def enter(client: Client, user: User) -> Client:
    """Sign in as governance staff."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client.force_login(user)
    return client


def run(client: Client, page: str, action: str, *rows: Any, **more: str) -> str:
    """Run an action on rows of a list; what the next page says."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(reverse(f"admin:{page}_changelist"), data, follow=True).content.decode()


def test_a_reviewer_approves_and_the_version_moves(client: Client, reviewer: User, review: Review) -> None:
    page = enter(client, reviewer).get(reverse("admin:approvals_review_change", args=[review.pk])).content.decode()
    assert "✓ The scan found nothing wrong." in page
    assert "✗ 1 more approval by a reviewer needed." in page
    run(client, "approvals_review", "approve", review, comment="Good")
    review.refresh_from_db()
    assert review.state == Review.State.APPLIED
    assert review.decisions.get().comment == "Good"
    assert current_stage(review.version) == "Production"


@pytest.mark.parametrize("is_superuser", [False, True])
def test_nobody_approves_their_own_upload(
    client: Client, scientist: User, system: User, review: Review, is_superuser: bool
) -> None:
    access.grant(Role.MAINTAINER, on=review.version.model.registry, to=scientist, actor=system)
    scientist.is_superuser = is_superuser
    scientist.save(update_fields=["is_superuser"])
    page = run(enter(client, scientist), "approvals_review", "approve", review)
    assert "someone else must approve it" in page
    review.refresh_from_db()
    assert review.state == Review.State.OPEN
    assert current_stage(review.version) == "None"


def test_staff_without_the_right_decide_nothing(
    client: Client, member: Member, stranger: User, registry: Registry, review: Review
) -> None:
    reader = member(Role.READER, registry)
    assert "does not include the right “review”" in run(enter(client, reader), "approvals_review", "approve", review)
    run(enter(client, stranger), "approvals_review", "reject", review)
    review.refresh_from_db()
    assert review.state == Review.State.OPEN


def test_changes_are_asked_for_with_a_comment(client: Client, reviewer: User, review: Review) -> None:
    assert "Say what you mean" in run(enter(client, reviewer), "approvals_review", "request_changes", review)
    run(client, "approvals_review", "request_changes", review, comment="Name the data")
    assert review.decisions.get().comment == "Name the data"
    run(client, "approvals_review", "reject", review)
    review.refresh_from_db()
    assert review.state == Review.State.REJECTED


def test_a_policy_is_put_in_force_in_place_of_the_one_before(
    client: Client, maintainer: User, registry: Registry
) -> None:
    enter(client, maintainer)
    add = reverse("admin:approvals_policy_add")
    assert client.get(add).status_code == 200
    form = {"registry": registry.pk, "stage": "Production", "approvals_needed": 2, "needs_clean_scan": "on"}
    assert client.post(add, form).status_code == 302
    policy = Policy.objects.get(registry=registry, stage="Production", is_in_force=True)
    assert (policy.number, policy.approvals_needed, policy.separates_duties) == (2, 2, False)
    assert policy.created_by == maintainer
    assert Event.objects.filter(kind=Kind.POLICY_CREATED, actor_id=maintainer.pk).exists()


def test_a_refusal_is_told_beside_the_form_and_nothing_is_lost(
    client: Client, maintainer: User, registry: Registry
) -> None:
    enter(client, maintainer)
    form = {"registry": registry.pk, "stage": "Moon", "approvals_needed": 7}
    response = client.post(reverse("admin:approvals_policy_add"), form)
    assert response.status_code == 200
    page = response.content.decode()
    assert "There is no stage Moon" in page
    assert 'value="Moon"' in page
    assert not Policy.objects.filter(stage="Moon").exists()


def test_staff_put_no_policy_in_force_elsewhere(
    client: Client, maintainer: User, administrator: User, registry: Registry
) -> None:
    other = Registry.objects.create(name="other")
    form = {"registry": other.pk, "stage": "Production", "approvals_needed": 0}
    response = enter(client, maintainer).post(reverse("admin:approvals_policy_add"), form)
    assert "Select a valid choice" in response.content.decode()
    assert not Policy.objects.filter(registry=other).exists()


def test_an_administrator_makes_people_and_service_accounts(
    client: Client, administrator: User, scientist: User
) -> None:
    client.force_login(administrator)
    add = reverse("admin:accounts_user_add")
    eve = {"kind": "person", "username": "eve", "email": "eve@example.org", "password": "a long password 1"}
    assert client.post(add, {**eve, "password": "short"}).status_code == 200
    assert not User.objects.filter(username="eve").exists()
    assert client.post(add, eve).status_code == 302
    person = User.objects.get(username="eve")
    assert person.check_password("a long password 1")
    assert person.personal_team.name == "person:eve"
    assert not person.is_superuser
    assert "already exists" in client.post(add, eve).content.decode()

    bot = {"kind": "service", "username": "bot", "owner": scientist.pk}
    assert client.post(add, {**bot, "owner": ""}).status_code == 200
    assert client.post(add, bot).status_code == 302
    assert User.objects.get(username="bot").owner == scientist
    assert Event.objects.filter(kind=Kind.SERVICE_ACCOUNT_CREATED, actor_id=administrator.pk).exists()


def test_people_are_put_into_teams_and_taken_out(client: Client, administrator: User, scientist: User) -> None:
    client.force_login(administrator)
    assert (
        client.post(reverse("admin:accounts_team_add"), {"name": "Risk", "members": [scientist.pk]}).status_code == 302
    )
    team = Team.objects.get(name="Risk")
    assert list(team.group.user_set.all()) == [scientist]
    change = reverse("admin:accounts_team_change", args=[team.pk])
    assert client.post(change, {"name": "Risk", "members": [administrator.pk]}).status_code == 302
    assert list(team.group.user_set.all()) == [administrator]
    kinds = Event.objects.filter(subject_type="Team", subject_id=team.pk).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [Kind.TEAM_CREATED, Kind.TEAM_MEMBER_ADDED, Kind.TEAM_MEMBER_ADDED, Kind.TEAM_MEMBER_REMOVED]


def test_a_registry_is_created_with_its_ladder(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    add = reverse("admin:accounts_registry_add")
    assert client.post(add, {"name": "No Good"}).status_code == 200
    assert client.post(add, {"name": "fraud"}).status_code == 302
    assert Stage.objects.filter(registry__name="fraud").count() == 4


@pytest.mark.parametrize("table", [RegistryGrant, RegisteredModelGrant])
def test_roles_are_given_and_taken_through_access(
    client: Client, maintainer: User, stranger: User, version: ModelVersion, table: Any
) -> None:
    thing = version.model.registry if table is RegistryGrant else version.model
    page = f"admin:{table._meta.app_label}_{table._meta.model_name}"
    enter(client, maintainer)
    form = {"content_object": thing.pk, "team": stranger.personal_team.pk, "role": "reader"}
    assert client.get(reverse(f"{page}_add")).status_code == 200
    assert client.post(reverse(f"{page}_add"), form).status_code == 302
    assert access.can(stranger, Right.DOWNLOAD, thing)
    assert client.post(reverse(f"{page}_add"), {**form, "role": "metadata_reader"}).status_code == 302
    assert not access.can(stranger, Right.DOWNLOAD, thing)
    grant = table.objects.get(content_object=thing, group=stranger.personal_team.group)
    assert client.get(reverse(f"{page}_change", args=[grant.pk])).status_code == 200
    assert client.post(reverse(f"{page}_delete", args=[grant.pk]), {"post": "yes"}).status_code == 302
    assert not access.can(stranger, Right.SEE, thing)
    assert Event.objects.filter(kind=Kind.ROLE_REVOKED, actor_id=maintainer.pk).count() == 1


def test_staff_give_no_role_on_what_they_do_not_manage(client: Client, reviewer: User, version: ModelVersion) -> None:
    enter(client, reviewer)
    for page in ("accounts_registrygrant", "registry_registeredmodelgrant"):
        assert client.get(reverse(f"admin:{page}_add")).status_code == 403
        assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200
    grant = RegistryGrant.objects.first()
    assert grant
    assert (
        client.post(reverse("admin:accounts_registrygrant_delete", args=[grant.pk]), {"post": "yes"}).status_code == 302
    )
    assert RegistryGrant.objects.filter(pk=grant.pk).exists()


def test_tokens_are_revoked_and_never_shown(
    client: Client, administrator: User, scientist: User, token_of: Callable[..., str]
) -> None:
    secret = token_of(scientist)
    token = ApiToken.objects.get(owner=scientist)
    client.force_login(administrator)
    for address in (
        reverse("admin:accounts_apitoken_changelist"),
        reverse("admin:accounts_apitoken_change", args=[token.pk]),
    ):
        content = client.get(address).content.decode()
        assert token.prefix in content
        assert secret not in content
        assert token.digest not in content
    assert "was revoked" in run(client, "accounts_apitoken", "revoke", token)
    token.refresh_from_db()
    assert not token.is_open
    assert "was revoked before" in run(client, "accounts_apitoken", "revoke", token)


def test_tokens_of_others_are_left_alone(
    client: Client, scientist: User, reviewer: User, token_of: Callable[..., str]
) -> None:
    token_of(scientist)
    token = ApiToken.objects.get(owner=scientist)
    run(enter(client, reviewer), "accounts_apitoken", "revoke", token)
    token.refresh_from_db()
    assert token.is_open


def test_a_scan_is_asked_for_again(
    client: Client, maintainer: User, reviewer: User, version: ModelVersion, judge: Callable[..., Scan]
) -> None:
    scan = judge(version)
    assert "has looked at" in run(enter(client, maintainer), "scanning_scan", "scan_again", scan)
    Scan.objects.filter(pk=scan.pk).update(engine="an older engine")
    assert "is being scanned" in run(client, "scanning_scan", "scan_again", scan)
    assert Scan.objects.filter(tree=version.tree).count() == 2
    Scan.objects.filter(tree=version.tree).exclude(pk=scan.pk).delete()
    assert "does not include the right" in run(enter(client, reviewer), "scanning_scan", "scan_again", scan)
    assert Scan.objects.filter(tree=version.tree).count() == 1
