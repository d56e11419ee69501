"""Plain requests to the MLflow door."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.http import HttpResponseBase
from django.test import Client

from accounts.models import User

Ask = Callable[..., Any]


@pytest.fixture
def ask(scientist: User, token_of: Callable[..., str]) -> Ask:
    """Sends `ask("POST", "runs/create", experiment_id="0")`, signed in as the scientist unless told otherwise.

    Paths that begin with a slash are taken as they are; the others are below /api/2.0/mlflow/.
    """
    secrets: dict[int, str] = {}

    def send(
        method: str,
        path: str,
        *,
        actor: User | None = scientist,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        **fields: Any,
    ) -> HttpResponseBase:
        headers = dict(headers or {})
        if actor is not None:
            headers["Authorization"] = f"Bearer {secrets.setdefault(actor.pk, '') or token_of(actor)}"
        url = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
        if method in ("GET", "HEAD"):
            return Client().generic(method, url, headers=headers, QUERY_STRING=_query(fields))
        data = orjson.dumps(fields) if body is None else body
        return Client().generic(method, url, data, content_type, headers=headers)

    return send


def _query(fields: dict[str, Any]) -> str:
    from urllib.parse import urlencode

    return urlencode(fields, doseq=True)
