"""What a person does to sign in, for tests without a browser."""

import html
import re
import time
from typing import Any

from django.test import Client

from accounts.credentials.second_factors import STEP, code_at, new_key
from accounts.models import User
from accounts.operations.sign_ins import add_second_factor
from tests.conftest import PASSWORD


def sign_in(name: str = "ada", password: str = PASSWORD, client: Client | None = None, **more: str) -> Client:
    """A browser in which the name and the password were typed."""
    client = client or Client()
    client.post("/sign-in", {"username": name, "password": password, **more})
    return client


def is_in(client: Client) -> bool:
    """Whether somebody is signed in."""
    return client.get("/account").status_code == 200


def code(key: str, *, later: int = 0) -> str:
    """What a code generator shows now, or some steps later."""
    return code_at(key, int(time.time()) // STEP + later)


def with_second_factor(person: User) -> tuple[str, list[str]]:
    """Set one up a step ago, so that the code of now still works; its key and the recovery codes."""
    key = new_key()
    return key, add_second_factor(person, key, code(key, later=-1), actor=person)


def words(response: Any) -> str:
    """What a page says, without its tags."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode())))
