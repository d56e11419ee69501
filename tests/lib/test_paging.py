"""Pages by key."""

import base64

import orjson
import pytest

from accounts.models import Team, User
from accounts.operations.teams import create_team
from lib.errors import Invalid
from lib.paging import Page, page_by_key


def walk(keys: list[str], size: int) -> list[str]:
    """The names of all shared teams, collected page by page."""
    found: list[str] = []
    token = None
    while True:
        page: Page[Team] = page_by_key(Team.objects.filter(person=None), keys, size=size, token=token)
        found += [team.name for team in page.rows]
        token = page.next_token
        if token is None:
            return found
        assert len(page.rows) == size


@pytest.fixture
def teams(system: User) -> list[str]:
    """Seven teams."""
    return [create_team(name, actor=system).name for name in "cabgfed"]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_pages_together_are_the_whole_list_once(teams: list[str], size: int) -> None:
    assert walk(["name"], size) == sorted(teams)
    assert walk(["-name"], size) == sorted(teams, reverse=True)
    assert walk(["person_id", "pk"], 100) == teams


def test_the_last_full_page_has_no_next_one(teams: list[str]) -> None:
    page = page_by_key(Team.objects.filter(person=None), ["name"], size=len(teams), token=None)
    assert page.next_token is None


def test_a_row_that_comes_later_does_not_shift_the_pages(teams: list[str], system: User) -> None:
    first = page_by_key(Team.objects.filter(person=None), ["name"], size=3, token=None)
    create_team("aa", actor=system)
    second = page_by_key(Team.objects.filter(person=None), ["name"], size=3, token=first.next_token)
    assert [team.name for team in second.rows] == ["d", "e", "f"]


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "é",
        "!!!!",
        "////",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"7").decode(),
        base64.urlsafe_b64encode(b"null").decode(),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(orjson.dumps(["-name", "c"])).decode(),
        base64.urlsafe_b64encode(orjson.dumps(["name", "c", "d"])).decode(),
        base64.urlsafe_b64encode(orjson.dumps(["name", ["c"]])).decode(),
        base64.urlsafe_b64encode(orjson.dumps(["name", {"c": 1}])).decode(),
        base64.urlsafe_b64encode(orjson.dumps(["name", None])).decode(),
    ],
)
def test_a_made_up_token_is_refused(teams: list[str], token: str) -> None:
    with pytest.raises(Invalid) as refusal:
        page_by_key(Team.objects.filter(person=None), ["name"], size=3, token=token)
    assert refusal.value.field == "page_token"


def test_a_token_with_a_value_of_another_type_is_refused(teams: list[str]) -> None:
    token = base64.urlsafe_b64encode(orjson.dumps(["pk", "seven"])).decode()
    with pytest.raises(Invalid):
        page_by_key(Team.objects.all(), ["pk"], size=3, token=token)
