"""Plain requests to the MLflow door."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

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
        /,
        *,
        actor: User | None = scientist,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        **fields: Any,
    ) -> HttpResponseBase:
        headers = dict(headers or {})
        if actor is not None:
            if actor.pk not in secrets:
                secrets[actor.pk] = token_of(actor)
            headers["Authorization"] = f"Bearer {secrets[actor.pk]}"
        url = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
        if method in ("GET", "HEAD"):
            return Client().generic(method, url, headers=headers, QUERY_STRING=urlencode(fields, doseq=True))
        data = orjson.dumps(fields) if body is None else body
        return Client().generic(method, url, data, content_type, headers=headers)

    return send
