"""Who gets into the admin, and what is there for whom."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.rights import Role
from registry.models import ModelVersion, RegisteredModel
from tests.conftest import PASSWORD, Member

Enter = Callable[[User], Client]
PAGES = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model in admin.site._registry
    if not model.__module__.startswith("tracking.")
)
FOR_ADMINISTRATORS = {
    "accounts_user",
    "accounts_team",
    "accounts_invitation",
    "blobs_blob",
    "blobs_tree",
    "events_event",
    "scanning_enginerelease",
    "scanning_quarantine",
    "supply_advisory",
    "supply_advisoryimport",
}


@pytest.fixture
def officer(member: Member, version: ModelVersion) -> User:
    """Somebody of the governance staff: reviews the default registry and may open the admin."""
    return _staff(member(Role.REVIEWER, version.model.registry, name="olga"))


def _staff(user: User) -> User:
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


def test_a_scientist_is_sent_to_the_sign_in_page(client: Client, scientist: User) -> None:
    client.force_login(scientist)
    for address in ("/admin/", reverse("admin:registry_modelversion_changelist"), reverse("admin:accounts_user_add")):
        response = client.get(address)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", ["root", "ROOT@example.org"])
def test_staff_sign_in_by_name_or_e_mail(client: Client, administrator: User, name: str) -> None:
    door = client.get("/admin/login/?next=/admin/").headers["Location"]
    assert door == "/sign-in?next=%2Fadmin%2F"
    response = client.post(door, {"username": name, "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_the_admin_takes_no_password_of_its_own(client: Client, administrator: User) -> None:
    response = client.post("/admin/login/?next=/admin/", {"username": "root", "password": PASSWORD})
    assert response.headers["Location"].startswith("/sign-in?")
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/password_change/").status_code == 302


def test_who_is_signed_in_and_no_staff_is_told_so(client: Client, scientist: User) -> None:
    client.force_login(scientist)
    assert client.get("/admin/login/?next=/admin/").status_code == 403


def test_signing_out_of_the_admin_signs_out_everywhere(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    assert client.get("/admin/logout/").status_code == 405
    assert client.post("/admin/logout/").headers["Location"] == "/sign-in"
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_administrators(
    client: Client, administrator: User, version: ModelVersion, page: str
) -> None:
    client.force_login(administrator)
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:{page}_changelist"), {"q": "iris"}).status_code == 200
    model = next(model for model in admin.site._registry if f"{model._meta.app_label}_{model._meta.model_name}" == page)
    if row := admin.site._registry[model].get_queryset(_request(administrator)).first():
        assert client.get(reverse(f"admin:{page}_change", args=[row.pk])).status_code == 200
    assert client.get(reverse(f"admin:{page}_add")).status_code in (200, 403)


@pytest.mark.parametrize("page", PAGES)
def test_staff_see_what_their_roles_let_them_see(client: Client, officer: User, page: str) -> None:
    client.force_login(officer)
    expected = 403 if page in FOR_ADMINISTRATORS else 200
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == expected
    assert client.get(reverse(f"admin:{page}_add")).status_code == 403


def test_staff_without_a_role_find_nothing(client: Client, stranger: User, version: ModelVersion) -> None:
    client.force_login(_staff(stranger))
    assert client.get("/admin/").status_code == 200
    for page, pk in (("registry_modelversion", version.pk), ("registry_registeredmodel", version.model_id)):
        assert b"iris" not in client.get(reverse(f"admin:{page}_changelist")).content
        assert client.get(reverse(f"admin:{page}_change", args=[pk])).status_code == 302
    content = client.get(reverse("admin:registry_stage_changelist")).content
    assert b"Production" not in content
    assert b">main<" not in content, "the filter names no registry that the actor does not see"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_deleted_but_roles(client: Client, administrator: User, version: ModelVersion, page: str) -> None:
    client.force_login(administrator)
    model = next(model for model in admin.site._registry if f"{model._meta.app_label}_{model._meta.model_name}" == page)
    row = model._base_manager.first()
    if row and not page.endswith("grant"):
        before = model._base_manager.count()
        assert client.post(reverse(f"admin:{page}_delete", args=[row.pk]), {"post": "yes"}).status_code in (302, 403)
        action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        client.post(reverse(f"admin:{page}_changelist"), action)
        if page not in ("accounts_team", "accounts_user"):
            assert client.post(reverse(f"admin:{page}_change", args=[row.pk]), {"name": "x"}).status_code == 403
        assert model._base_manager.count() == before


def test_addresses_filter_by_nothing_secret(client: Client, administrator: User, model: RegisteredModel) -> None:
    client.force_login(administrator)
    for page, query in (
        ("accounts_user", "password__startswith=m"),
        ("accounts_apitoken", "digest__startswith=a"),
        ("accounts_apitoken", "owner__password__startswith=m"),
        ("registry_modelversion", "uploader__password__startswith=m"),
        ("events_event", "details__icontains=a"),
    ):
        assert client.get(reverse(f"admin:{page}_changelist") + f"?{query}").status_code == 400
    assert client.get(reverse("admin:events_event_changelist") + f"?actor_id={administrator.pk}").status_code == 200
    assert client.get(reverse("admin:accounts_user_changelist") + "?is_active__exact=1").status_code == 200


def _request(user: User) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request
