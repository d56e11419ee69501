"""Every address × method × person: whoever may is let in, the others are refused as the house says, and learn nothing.

What is expected follows from the table of each protocol and from the roles, scopes and limits in people.py.
"""

import re
from dataclasses import replace

import pytest

from accounts.rights import Right
from tests.doors.admin_pages import ADMIN_ROUTES
from tests.doors.mlflow_rest import MLFLOW
from tests.doors.pages import PAGES
from tests.doors.people import PEOPLE, Person
from tests.doors.rest import REST
from tests.doors.routes import TWINS, all_routes, plain
from tests.doors.rows import Open, Row, Thing
from tests.doors.walking import COUNTERPARTS, Answer, Outcome, ask, counts, expected, knock
from tests.doors.world import HIDDEN_MARKS, MARKS, World

pytestmark = pytest.mark.django_db

HEALTH = [Row("GET", "/health", Open.PUBLIC)]
ROWS = [*HEALTH, *PAGES, *REST, *MLFLOW]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WITHOUT_METHODS = ("/api/v1/", "/api/[0-9]+.[0-9]+/<path>")


def door_of(row: Row) -> str:
    return row.route.partition("?")[0].replace("workspaces/<registry>", "workspaces/<name>")


def listed() -> set[str]:
    return {door_of(row) for row in ROWS} | ADMIN_ROUTES


def test_no_door_is_unlisted() -> None:
    """A new address? Say in pages.py, rest.py, mlflow_rest.py or admin_pages.py what one needs there."""
    assert sorted({plain(route) for route in all_routes()} - listed()) == []


def test_no_row_is_about_a_door_that_is_gone() -> None:
    assert sorted(listed() - {plain(route) for route in all_routes()}) == []


def test_every_twin_of_the_mlflow_door_is_there() -> None:
    api = {route.removeprefix("/api") for route in all_routes() if route.startswith(("/api/2.0/", "/api/3.0/"))}
    assert len(api) > 60
    assert all({f"{twin}{path}" for twin in TWINS} <= all_routes() for path in api)


def wrong(world: World, person: Person, row: Row, where: str, kind: str) -> str | None:
    """What is wrong with the answer to this person about what is there, or None."""
    answer = knock(world, person, row, where, kind=kind)
    wanted = expected(person, row, where)
    said = f"{row} as {person} about {where}: {answer.status} {answer.body[:200]!r}"
    # Pages also say on the form, with all that was typed, why something is refused.
    is_told = wanted == {Outcome.FORBIDDEN} and kind == "form" and answer.status == 422
    if not is_told and answer.outcome not in wanted and not (Outcome.LET_IN in wanted and answer.status in row.answers):
        return f"{said}, wanted {[str(outcome) for outcome in wanted]}"
    if answer.status == 500:
        return said
    if Outcome.LET_IN not in wanted and answer.writes:
        return f"{said}, but it wrote {answer.writes}"
    if (
        Outcome.HIDDEN in wanted
        and row.need is not Open.NOWHERE
        and (fault := differs(world, person, row, where, answer, kind))
    ):
        return fault
    return leaks(person, world, row, where, answer.body)


def differs(world: World, person: Person, row: Row, where: str, answer: Answer, kind: str) -> str | None:
    """How the answer about what is hidden differs from that about what never was, if it does."""
    other = "nowhere" if row.thing is Thing.REGISTRY else COUNTERPARTS[where]
    hidden, missing = world.names[where], world.names[other]
    told = answer.told()
    absent = knock(world, person, row, other, kind=kind).told(missing, hidden)
    return None if told == absent else f"{row} as {person}: {where} says {told}, {other} says {absent}"


def leaks(person: Person, world: World, row: Row, where: str, body: bytes) -> str | None:
    """A name that this person may not know, if the answer holds one that the request did not."""
    if person.sees_everything:
        return None
    sees_main = bool(person.rights("open", Thing.MODEL))
    marks = HIDDEN_MARKS if sees_main else (*HIDDEN_MARKS, *MARKS)
    names = {**world.names[where], "self": person.name}
    sent = f"{row.seen_from(where).address(names)} {row.content(names)}"
    # What a token is good for is known to who holds it.
    found = [mark for mark in marks if mark.encode() in body and mark not in sent and mark != person.limit]
    return f"{row} as {person} tells of {found}" if found else None


def places_of(row: Row, person: Person) -> list[str]:
    """Where it makes a difference that this person knocks."""
    if not isinstance(row.need, Right) or row.thing in (Thing.INSTALLATION, Thing.ASKED, Thing.TRUST, Thing.PLACE):
        return ["open"]
    if person.name not in ("contributor", "maintainer", "administrator", "auditor", "limited-to-main"):
        return ["open"]
    in_a_model = row.thing in (Thing.MODEL, Thing.VERSION, Thing.REVIEW)
    return ["open", "restricted", "elsewhere"] if in_a_model else ["open", "elsewhere"]


def faults(world: World, rows: list[Row], people: list[Person], kind: str) -> list[str]:
    return [
        fault
        for row in rows
        for person in people
        for where in places_of(row, person)
        if (fault := wrong(world, person, row, where, kind))
    ]


def with_session_counting(person: Person) -> Person:
    return replace(person, is_known=person.is_known and person.by == "session")


def with_token_counting(person: Person) -> Person:
    return replace(person, is_known=person.is_known and person.by == "token")


@pytest.mark.parametrize("row", [*HEALTH, *PAGES], ids=str)
def test_pages(world: World, row: Row) -> None:
    """A token opens no page, so all tokens are one here."""
    people = [with_session_counting(person) for person in PEOPLE if person.by != "token" or person.name == "maintainer"]
    found = faults(world, [row], people, "form")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("row", REST, ids=str)
def test_native_api(world: World, row: Row) -> None:
    found = faults(world, [row], PEOPLE, "json")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("row", MLFLOW, ids=str)
def test_mlflow_door(world: World, row: Row) -> None:
    """A session counts for nothing here, so one is enough."""
    people = [with_token_counting(person) for person in PEOPLE if person.by != "session" or person.name == "maintainer"]
    found = faults(world, [row], people, "json")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("twin", TWINS[1:])
def test_the_twins_of_the_mlflow_door(world: World, twin: str) -> None:
    people = [person for person in PEOPLE if person.name in ("nobody", "stranger", "reader", "removed", "expired")]
    rows = [row.seen_from("open", twin) for row in MLFLOW if row.route.startswith("/api/")]
    found = []
    for row in rows:
        for person in map(with_token_counting, people):
            answer = knock(world, person, row, "open")
            wanted = expected(person, row, "open")
            if twin.startswith("/r/") and row.need is Open.SIGNED_IN:
                wanted |= {Outcome.HIDDEN} if person.role is None else set()
            if answer.outcome not in wanted and answer.status not in row.answers:
                found.append(f"{row} as {person}: {answer.status} {answer.body[:200]!r}")
            if Outcome.LET_IN not in wanted and answer.writes:
                found.append(f"{row} as {person} wrote {answer.writes}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["maintainer", "administrator"])
def test_no_other_method_is_a_door(world: World, name: str) -> None:
    """Not even for those who may."""
    people = {person.by: person for person in PEOPLE if person.name == name}
    known = {(row.method, door_of(row)) for row in ROWS}
    kept, found = counts(), []
    for route in sorted(all_routes() - ADMIN_ROUTES):
        anything = dict.fromkeys(re.findall(r"<(\w+)>", route), "x")
        names = {**anything, **world.names["open"], "self": name, "pk": 1, "registry_name": "main"}
        address = Row("GET", route, Open.PUBLIC).address(names)
        for method in METHODS:
            if (method, plain(route)) in known or (method == "GET" and route in _WITHOUT_METHODS):
                continue
            is_page = not route.startswith(("/api", "/ajax-api", "/r/", "/get-artifact", "/model-versions"))
            answer = ask(world, people["session" if is_page else "token"], method, address, {"name": "x"}, "json")
            if answer.status not in (404, 405, 501) or answer.writes:
                found.append(f"{method} {address}: {answer.status} {answer.writes}")
    assert not found, "\n".join(found)
    assert counts() == kept


def test_head_tells_no_more_than_get_and_options_tells_nothing(world: World) -> None:
    people = [person for person in PEOPLE if person.name in ("nobody", "stranger", "reader")]
    found = []
    for row in (row for row in ROWS if row.method == "GET"):
        for person in people:
            get, head = (knock(world, person, row, "open", method=method) for method in ("GET", "HEAD"))
            options = knock(world, person, row, "open", method="OPTIONS")
            if (head.status, head.body) != (get.status, b""):
                found.append(f"HEAD {row.route} as {person}: {head.status}, not {get.status}")
            if options.outcome is Outcome.LET_IN and options.status != 405 and row.need is not Open.PUBLIC:
                found.append(f"OPTIONS {row.route} as {person}: {options.status}")
    assert not found, "\n".join(found)
