"""Making, listing, rotating and revoking tokens."""

from datetime import timedelta

from django.utils import timezone

from accounts import access
from accounts.models import ApiToken, User
from accounts.operations.registries import create_registry
from accounts.rights import Role, Scope
from registry.models import ModelVersion
from tests.protocols.rest.conftest import Api, Caller, refused


def test_a_secret_is_shown_once(api: Api, scientist: User) -> None:
    caller = api(scientist)
    made = caller.post("/tokens", {"name": "laptop", "scopes": ["write", "read"]})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    secret = made.json()["secret"]
    assert Caller(secret).get("/me").json()["scopes"] == ["read", "write"]
    listed = caller.get("/tokens")
    assert listed.json()["results"][0]["name"] == "laptop"
    assert secret.encode() not in listed.content
    assert ApiToken.objects.get(name="laptop").digest.encode() not in listed.content


def test_a_revoked_token_is_dead_at_once(api: Api, scientist: User) -> None:
    caller = api(scientist)
    made = caller.post("/tokens", {"name": "laptop", "scopes": ["read"]}).json()
    assert caller.delete(f"/tokens/{made['id']}").status_code == 204
    refused(Caller(made["secret"]).get("/me"), 401)
    refused(caller.delete(f"/tokens/{made['id']}"), 409)


def test_tokens_of_others_are_not_there(api: Api, scientist: User, maintainer: User, ci_account: User) -> None:
    theirs = api(maintainer).post("/tokens", {"name": "x", "scopes": ["read"]}).json()
    refused(api(scientist).delete(f"/tokens/{theirs['id']}"), 404)
    refused(api(scientist).post("/tokens", {"name": "x", "scopes": ["read"], "owner": "mary"}), 404)
    assert api(scientist).post("/tokens", {"name": "x", "scopes": ["read"], "owner": "ci"}).status_code == 201
    refused(api(scientist).delete("/tokens/99999999999999999999"), 404)


def test_a_token_makes_none_with_more_scopes(api: Api, scientist: User) -> None:
    caller = api(scientist, Scope.READ, Scope.ADMIN)
    refused(caller.post("/tokens", {"name": "x", "scopes": ["read", "write"]}), 403)


def test_what_a_token_cannot_be(api: Api, scientist: User) -> None:
    caller = api(scientist)
    late = (timezone.now() + timedelta(days=400)).isoformat()
    for bad in (
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "scopes": ["read"], "expires_at": late},
        {"name": "x", "scopes": ["read"], "expires_at": "yesterday"},
    ):
        refused(caller.post("/tokens", bad), 400)


def test_a_token_is_limited_to_a_registry_or_a_model(
    api: Api, scientist: User, version: ModelVersion, system: User
) -> None:
    other = create_registry("other", actor=system)
    access.grant(Role.CONTRIBUTOR, on=other, to=scientist, actor=system)
    caller = api(scientist)
    for limit, shown in (({"registry": "main"}, "main"), ({"registry": "main", "model": "iris"}, "main/iris")):
        made = caller.post("/tokens", {"name": "x", "scopes": ["read", "write"], "limit": limit}).json()
        assert made["limit"] == shown
        limited = Caller(made["secret"])
        assert limited.get("/registries/main/models/iris/versions/1").status_code == 200
        refused(limited.get("/registries/other"), 404)
        refused(limited.post("/registries/other/models", {"name": "new"}), 404)
        assert [row["name"] for row in limited.get("/models").json()["results"]] == ["iris"]
        refused(limited.get("/tokens"), 403)
        refused(limited.post("/tokens", {"name": "x", "scopes": ["read"]}), 403)
    assert [row["name"] for row in limited.get("/registries").json()["results"]] == []
    refused(limited.get("/registries/main"), 404)
    refused(limited.post("/registries/main/models", {"name": "new"}), 404)
    for limit in ({"registry": "none"}, {"registry": "main", "model": "none"}):
        refused(caller.post("/tokens", {"name": "x", "scopes": ["read"], "limit": limit}), 404)
    refused(caller.post("/tokens", {"name": "x", "scopes": ["read"], "limit": {"model": "iris"}}), 400)


def test_a_limited_token_of_an_administrator_is_none(api: Api, administrator: User, version: ModelVersion) -> None:
    body = {"name": "x", "scopes": ["read", "write", "review", "admin"], "limit": {"registry": "main"}}
    limited = Caller(api(administrator).post("/tokens", body).json()["secret"])
    assert limited.get("/registries/main/grants").status_code == 200
    for path in ("/people", "/service-accounts", "/events", "/tokens", "/tokens?all=true"):
        refused(limited.get(path), 403)
    refused(limited.post("/registries", {"name": "other"}), 403)
    refused(limited.post("/teams", {"name": "other"}), 403)


def test_a_token_is_rotated(api: Api, scientist: User, stranger: User) -> None:
    caller = api(scientist)
    old = caller.post("/tokens", {"name": "laptop", "scopes": ["read"]}).json()
    refused(api(stranger).post(f"/tokens/{old['id']}/rotate"), 404)
    refused(caller.post(f"/tokens/{old['id']}/rotate", {"overlap_hours": 169}), 400)
    refused(caller.post(f"/tokens/{old['id']}/rotate", {"overlap_hours": -1}), 400)
    answer = caller.post(f"/tokens/{old['id']}/rotate", {"overlap_hours": 24})
    assert answer.status_code == 201
    new = answer.json()
    assert (new["name"], new["scopes"], new["replaces"]) == ("laptop", ["read"], old["id"])
    for secret in (old["secret"], new["secret"]):
        assert Caller(secret).get("/me").status_code == 200
    refused(caller.post(f"/tokens/{old['id']}/rotate"), 409)
    newest = caller.post(f"/tokens/{new['id']}/rotate").json()
    refused(Caller(new["secret"]).get("/me"), 401)
    assert Caller(newest["secret"]).get("/me").status_code == 200


def test_administrators_list_and_revoke_everybodys_tokens(
    api: Api, administrator: User, scientist: User, maintainer: User
) -> None:
    theirs = api(scientist).post("/tokens", {"name": "laptop", "scopes": ["read"]}).json()
    root = api(administrator)
    refused(api(maintainer).get("/tokens", all="true"), 403)
    assert {row["owner"] for row in root.get("/tokens", all="true").json()["results"]} == {"ada", "mary", "root"}
    listed = root.get("/tokens", all="true", owner="ada", state="open").json()["results"]
    assert theirs["id"] in [row["id"] for row in listed]
    assert root.delete(f"/tokens/{theirs['id']}").status_code == 204
    revoked = root.get("/tokens", all="true", state="revoked").json()["results"]
    assert [row["id"] for row in revoked] == [theirs["id"]]
    refused(root.get("/tokens", all="true", state="lost"), 400)
    assert root.get("/tokens", all="true", owner="nobody").json()["results"] == []
    assert root.delete("/accounts/ada/tokens").json() == {"revoked": 1}
    refused(root.delete("/accounts/nobody/tokens"), 404)
    refused(api(maintainer).delete("/accounts/ada/tokens"), 404)


def test_one_answer_for_every_token_that_is_not_taken(api: Api, scientist: User) -> None:
    caller = api(scientist)
    made = [caller.post("/tokens", {"name": "x", "scopes": ["read"]}).json() for _ in range(2)]
    caller.delete(f"/tokens/{made[0]['id']}")
    ApiToken.objects.filter(pk=made[1]["id"]).update(expires_at=timezone.now())
    said = set()
    for secret in (made[0]["secret"], made[1]["secret"], "gate_unknown", "x"):
        answer = Caller(secret).get("/me")
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        said.add(refused(answer, 401)["detail"])
    assert len(said) == 1
