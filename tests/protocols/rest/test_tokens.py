"""Making, listing and revoking tokens."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.rights import Scope
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
