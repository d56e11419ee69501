"""The pages of service accounts and their trusted jobs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import access
from accounts.authentication import with_token
from accounts.models import Registry, TrustedWorkload, User
from accounts.operations.people import create_service_account
from accounts.operations.standing import deactivate_account
from accounts.operations.trusts import trust_workload
from accounts.rights import Role, Scope
from dashboard.workload_snippets import GITHUB

Browser = Callable[[User], Client]
TRUST: dict[str, Any] = {
    "name": "training",
    "registry": "main",
    "issuer": GITHUB,
    "audience": "gatehouse",
    "claims": "repository = acme/model\n\n ref=refs/heads/* ",
    "scopes": ["read", "write"],
}


@pytest.fixture
def robot(maintainer: User, registry: Registry, system: User) -> User:
    account = create_service_account("robot", owner=maintainer, actor=system)
    access.grant(Role.CONTRIBUTOR, on=registry, to=account, actor=system)
    return account


def test_people_see_their_own_machines_and_administrators_all(
    as_user: Browser, robot: User, ci_account: User, scientist: User, administrator: User, stranger: User
) -> None:
    page = as_user(scientist).get("/service-accounts").content.decode()
    assert "ci" in page and "robot" not in page
    assert "New service account" not in page
    page = as_user(administrator).get("/service-accounts").content.decode()
    assert "/service-accounts/ci" in page and "/service-accounts/robot" in page
    assert "You own no service account" in as_user(stranger).get("/service-accounts").content.decode()
    for name in ("robot", "ada", "nobody", "system"):
        assert as_user(scientist).get(f"/service-accounts/{name}").status_code == 404


def test_administrators_make_machines(as_user: Browser, administrator: User, scientist: User) -> None:
    client = as_user(administrator)
    said = {"username": "robot", "display_name": "The robot", "owner": "ada"}
    page = client.post("/service-accounts", said, follow=True).content.decode()
    assert "The robot was made" in page
    assert User.objects.get(username="robot").owner == scientist
    for wrong, field in (
        ({"username": "A B"}, "username"),
        ({"owner": "nobody"}, "owner"),
        ({"username": ""}, "username"),
    ):
        refused = client.post("/service-accounts", {**said, "username": "second", **wrong})
        assert refused.status_code == 422
        assert f'id="id_{field}_error"' in refused.content.decode()
    assert client.post("/service-accounts", said).status_code == 422
    as_user(scientist).post("/service-accounts", {**said, "username": "third"})
    assert not User.objects.filter(username__in=("second", "third")).exists()


def test_the_page_of_a_machine_shows_roles_tokens_and_a_form(as_user: Browser, robot: User, maintainer: User) -> None:
    client = as_user(maintainer)
    page = client.get("/service-accounts/robot").content.decode()
    assert '<a href="/registries/main">main</a>' in page and "never" in page
    assert "Contributor" in page and "No tokens" in page and "No trusted jobs" in page
    made = client.post("/service-accounts/robot", {"name": "server", "scopes": ["read"], "days": "7"})
    assert with_token(made.context["secret"]) == robot
    assert "no-store" in made.headers["Cache-Control"]
    page = client.get("/service-accounts/robot").content.decode()
    assert "server" in page
    assert made.context["secret"] not in page


def test_administrators_hand_over_a_machine_whose_owner_is_gone(
    as_user: Browser, robot: User, maintainer: User, scientist: User, administrator: User
) -> None:
    deactivate_account(maintainer, actor=administrator)
    client = as_user(administrator)
    assert "Owner deactivated" in client.get("/service-accounts/robot").content.decode()
    assert "Deactivated" in client.get("/service-accounts").content.decode()
    for wrong in ("nobody", "robot", maintainer.username, ""):
        refused = client.post("/service-accounts/robot/owner", {"owner": wrong})
        assert refused.status_code == 422
        assert 'id="hand_over_owner' in refused.content.decode()
    page = client.post("/service-accounts/robot/owner", {"owner": scientist.username}, follow=True).content.decode()
    assert "ada answers for robot from now on" in page
    assert "Owner deactivated" not in page
    robot.refresh_from_db()
    assert robot.owner == scientist


def test_administrators_keep_a_machine_out_and_let_it_in_again(
    as_user: Browser, robot: User, administrator: User
) -> None:
    client, address = as_user(administrator), "/service-accounts/robot/standing"
    page = client.post(address, follow=True).content.decode()
    assert "robot was deactivated" in page and "Reactivate robot" in page
    assert "is deactivated already" in client.post(address, follow=True).content.decode()
    assert "robot is active again" in client.post(address, {"active": "yes"}, follow=True).content.decode()
    robot.refresh_from_db()
    assert robot.is_active


def test_an_owner_neither_hands_over_nor_deactivates(as_user: Browser, robot: User, maintainer: User) -> None:
    client = as_user(maintainer)
    assert "Hand over" not in client.get("/service-accounts/robot").content.decode()
    assert client.post("/service-accounts/robot/owner", {"owner": "ada"}).status_code == 403
    assert client.post("/service-accounts/robot/standing").status_code == 403
    robot.refresh_from_db()
    assert robot.is_active and robot.owner == maintainer


def test_a_job_is_trusted_shown_with_an_example_and_ended(as_user: Browser, robot: User, maintainer: User) -> None:
    client = as_user(maintainer)
    page = client.post("/service-accounts/robot/trusts", TRUST, follow=True).content.decode()
    trust = TrustedWorkload.objects.get()
    assert trust.claims == {"repository": "acme/model", "ref": "refs/heads/*"}
    assert "Jobs of training get in" in page
    assert "id-token: write" in page and "service_account=robot -d registry=main" in page
    page = client.post(f"/service-accounts/robot/trusts/{trust.pk}/end", follow=True).content.decode()
    assert "has ended" in page
    assert "id-token: write" not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("registry", "other"),
        ("issuer", "http://169.254.169.254/"),
        ("audience", " "),
        ("claims", "repository"),
        ("claims", "repository = *"),
        ("claims", "repository = a/b\nrepository = a/c"),
        ("scopes", []),
        ("scopes", ["admin"]),
    ],
)
def test_what_is_wrong_with_a_trust_is_told_beside_the_field(
    as_user: Browser, robot: User, maintainer: User, field: str, value: Any
) -> None:
    answer = as_user(maintainer).post("/service-accounts/robot/trusts", {**TRUST, field: value})
    assert answer.status_code == 422
    assert f'id="trust_{field}_error"' in answer.content.decode()
    assert not TrustedWorkload.objects.exists()


def test_whoever_maintains_no_registry_trusts_no_jobs(as_user: Browser, ci_account: User, scientist: User) -> None:
    client = as_user(scientist)
    assert "You maintain no registry" in client.get("/service-accounts/ci").content.decode()
    assert client.post("/service-accounts/ci/trusts", TRUST).status_code == 422
    assert not TrustedWorkload.objects.exists()


def test_others_end_no_trust(
    as_user: Browser, robot: User, registry: Registry, maintainer: User, scientist: User
) -> None:
    trust = trust_workload(
        registry,
        account=robot,
        name="x",
        issuer="https://gitlab.com",
        audience='a"; rm -rf $(pwd) `id`',
        claims={"project_path": "acme/model"},
        scopes=[Scope.READ],
        actor=maintainer,
    )
    assert as_user(scientist).post(f"/service-accounts/robot/trusts/{trust.pk}/end").status_code == 404
    page = as_user(maintainer).get("/service-accounts/robot").content.decode()
    assert "aud: &quot;a\\&quot;; rm" in page  # a text of YAML, not a command
    trust.refresh_from_db()
    assert trust.ended_at is None
