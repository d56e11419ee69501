"""Clients of the native API, and the checks that every refusal has to stand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.rights import Scope

Api = Callable[..., "Caller"]


class Caller:
    """One account's way in: `caller.get("/me")`, `caller.post("/tokens", {"name": ...})`."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"authorization": f"Bearer {secret}"} if secret else {})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query)

    def post(self, path: str, body: object = None) -> Any:
        return self._send("post", path, body)

    def put(self, path: str, body: object = None) -> Any:
        return self._send("put", path, body)

    def patch(self, path: str, body: object = None) -> Any:
        return self._send("patch", path, body)

    def delete(self, path: str) -> Any:
        return self._send("delete", path, None)

    def _send(self, method: str, path: str, body: object) -> Any:
        content = {} if body is None else body
        return getattr(self.client, method)(f"/api/v1{path}", content, content_type="application/json")


@pytest.fixture
def api(token_of: Callable[..., str]) -> Api:
    """`api(ada)`, `api(ada, Scope.READ)`, and `api()` for nobody."""

    def caller(actor: User | None = None, *scopes: Scope) -> Caller:
        return Caller(token_of(actor, *scopes) if actor else "")

    return caller


def refused(response: Any, status: int) -> dict[str, Any]:
    """The problem in an answer that has to be one."""
    assert response.status_code == status, response.content[:500]
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-ID"]
    return problem
