"""People and service accounts in the native API, and the lock after wrong passwords."""

import base64

from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD
from tests.protocols.rest.conftest import Api, refused


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_wrong_passwords_are_answered_with_429_and_when_to_come_back(client: Client, scientist: User) -> None:
    for name in ("ada", "nobody"):
        for _ in range(10):
            refused(client.get("/api/v1/me", headers=basic(name, "wrong")), 401)
        locked = client.get("/api/v1/me", headers=basic(name, PASSWORD))
        problem = refused(locked, 429)
        assert problem["type"] == "urn:gatehouse:problem:too-often"
        assert 0 < int(locked.headers["Retry-After"]) <= 900


def test_mlflow_clients_are_locked_out_by_the_same_count(client: Client, scientist: User) -> None:
    address = "/api/2.0/mlflow/experiments/search?max_results=1"
    for number in range(10):
        path = address if number % 2 else "/api/v1/me"
        assert client.get(path, headers=basic("ada", "wrong")).status_code == 401
    answer = client.get(address, headers=basic("ada", PASSWORD))
    assert (answer.status_code, answer.json()["error_code"]) == (429, "REQUEST_LIMIT_EXCEEDED")


def test_an_administrator_changes_a_person(api: Api, administrator: User, scientist: User, ci_account: User) -> None:
    root = api(administrator)
    assert root.get("/people/ada").json()["service_accounts"] == ["ci"]
    body = {"display_name": "Ada", "organisation_role": "auditor", "may_open_admin": True}
    changed = root.patch("/people/ada", body).json()
    assert (changed["name"], changed["is_auditor"], changed["may_open_admin"]) == ("Ada", True, True)
    refused(root.patch("/people/ada", {"organisation_role": "king"}), 400)
    refused(root.patch("/people/ada", {"email": "ROOT@example.org", "display_name": "Lost"}), 409)
    assert root.get("/people/ada").json()["name"] == "Ada"
    refused(root.patch("/people/root", {"organisation_role": "none"}), 409)
    refused(root.get("/people/ci"), 404)
    refused(root.get("/people/nobody"), 404)


def test_a_person_is_kept_out_and_let_in_again(
    client: Client, api: Api, administrator: User, scientist: User, ci_account: User
) -> None:
    root, ada = api(administrator), api(scientist)
    answer = root.post("/people/ada/deactivate").json()
    assert (answer["is_active"], answer["service_accounts"]) == (False, ["ci"])
    refused(ada.get("/me"), 401)
    refused(client.get("/api/v1/me", headers=basic("ada", PASSWORD)), 401)
    refused(root.post("/people/ada/deactivate"), 409)
    refused(root.post("/people/root/deactivate"), 409)
    assert root.post("/people/ada/reactivate").json()["is_active"]
    assert ada.get("/me").status_code == 200


def test_a_person_is_unlocked(client: Client, api: Api, administrator: User, scientist: User) -> None:
    for _ in range(10):
        client.get("/api/v1/me", headers=basic("ada", "wrong"))
    root = api(administrator)
    assert root.post("/people/ada/unlock").json() == {"was_locked": True}
    assert client.get("/api/v1/me", headers=basic("ada", PASSWORD)).status_code == 200
    assert root.post("/people/ada/unlock").json() == {"was_locked": False}


def test_a_service_account_is_handed_over_and_kept_out(
    api: Api, administrator: User, reviewer: User, ci_account: User
) -> None:
    root, machine = api(administrator), api(ci_account)
    changed = root.patch("/service-accounts/ci", {"display_name": "Pipeline", "owner": "grace"}).json()
    assert (changed["name"], changed["owner"]) == ("Pipeline", "grace")
    refused(root.patch("/service-accounts/ci", {"owner": "nobody"}), 404)
    refused(root.patch("/service-accounts/grace", {"owner": "root"}), 404)
    assert not root.post("/service-accounts/ci/deactivate").json()["is_active"]
    refused(machine.get("/me"), 401)
    assert root.post("/service-accounts/ci/reactivate").json()["is_active"]
    assert root.get("/service-accounts/ci").json()["is_active"]


def test_others_learn_nothing_of_accounts(api: Api, maintainer: User, scientist: User, ci_account: User) -> None:
    mary = api(maintainer)
    for path in ("/people/ada", "/people/nobody", "/service-accounts/ci", "/service-accounts/none"):
        assert refused(mary.get(path), 403)["detail"] == refused(mary.get("/people"), 403)["detail"]
        refused(mary.patch(path, {"display_name": "X"}), 403)
        refused(mary.post(f"{path}/deactivate"), 403)


def test_an_auditor_looks_and_changes_nothing(api: Api, administrator: User, scientist: User, stranger: User) -> None:
    api(administrator).patch("/people/stranger", {"organisation_role": "auditor"})
    auditor = api(User.objects.get(pk=stranger.pk))
    assert auditor.get("/me").json()["is_auditor"]
    assert auditor.get("/people/ada").status_code == 200
    for path in ("/people", "/service-accounts", "/teams", "/invitations", "/events"):
        assert auditor.get(path).status_code == 200, path
    refused(auditor.patch("/people/ada", {"display_name": "X"}), 403)
    refused(auditor.post("/people/ada/deactivate"), 403)
    refused(auditor.post("/people/ada/unlock"), 403)
    refused(auditor.post("/teams", {"name": "new"}), 403)
    refused(auditor.post("/invitations", {"email": "eve@example.org"}), 403)


def test_everybody_changes_the_name_that_others_see(api: Api, scientist: User) -> None:
    assert api(scientist).patch("/me", {"display_name": "Ada L."}).json()["name"] == "Ada L."
    refused(api(scientist).patch("/me", {"email": "new@example.org"}), 400)


def test_weak_passwords_are_refused(api: Api, administrator: User) -> None:
    for password in ("", "short", "password1234", "123456789012"):
        body = {"username": "eve", "email": "eve@example.org", "password": password}
        refused(api(administrator).post("/people", body), 400)
    assert not User.objects.filter(username="eve").exists()
