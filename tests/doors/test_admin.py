"""Every page of the admin × everybody, first as they are and then as staff: lists, rows, adding, deleting, actions."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model

from accounts.models import User
from accounts.rights import Right
from tests.doors.admin_pages import ADMIN, ADMIN_ROUTES, BESIDE, AdminPage, unlisted
from tests.doors.people import PEOPLE, Person
from tests.doors.rows import Thing
from tests.doors.walking import Answer, Outcome, ask
from tests.doors.world import HIDDEN_MARKS, MARKS, World

pytestmark = pytest.mark.django_db

MODELS: dict[str, type[Model]] = {model._meta.label_lower: model for model in admin.site._registry}
IN_BROWSERS = [person for person in PEOPLE if person.by == "session"]
_PARTS = {"<object_id>": "1", "<content_type_id>": "1", "<app_label>": "accounts", "<url>": "x"}
STAFF = [
    person
    for person in IN_BROWSERS
    if person.name in ("stranger", "reader", "reviewer", "maintainer", "administrator", "auditor", "removed")
]


@pytest.fixture
def staff(world: World) -> None:
    """Everybody may open the admin."""
    User.objects.update(is_staff=True)


def test_no_page_of_the_admin_is_unlisted() -> None:
    """A new table? Say in admin_pages.py what shows, adds, changes and deletes its rows."""
    assert sorted(unlisted()) == []


@pytest.mark.parametrize("person", [*IN_BROWSERS, *(p for p in PEOPLE if p.name in ("nobody", "expired"))], ids=str)
def test_nobody_but_staff_comes_in(world: World, person: Person) -> None:
    found = []
    for route in sorted(ADMIN_ROUTES):
        address = route
        for part, text in (
            ("<object_id>", "1"),
            ("<content_type_id>", "1"),
            ("<app_label>", "accounts"),
            ("<url>", "x"),
        ):
            address = address.replace(part, text)
        for method in ("GET", "POST"):
            answer = ask(world, person, method, address, {"post": "yes"}, "form")
            is_sent_away = answer.status in (302, 403, 404, 405) and not answer.writes
            if route not in ("/admin/login/", "/admin/logout/") and not person.is_administrator and not is_sent_away:
                found.append(f"{method} {address}: {answer.status} {answer.writes}")
    assert not found, "\n".join(found)


def may(person: Person, right: Right | None, page: AdminPage, where: str = "open") -> bool:
    """Whether the table says so."""
    if right is None:
        return False
    if right is Right.ADMINISTER or page.thing is Thing.INSTALLATION:
        return person.is_administrator or (person.is_auditor and right is Right.AUDIT)
    return right in person.rights(where, page.thing)


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("label", sorted(ADMIN))
def test_staff_see_and_change_what_their_roles_let_them(world: World, label: str) -> None:
    page, base, found = ADMIN[label], f"/admin/{label.replace('.', '/')}/", []
    for person in STAFF:
        listed, adding = ask(world, person, "GET", base), ask(world, person, "GET", f"{base}add/")
        shows_list = page.is_personal or page.thing is not Thing.INSTALLATION or may(person, page.shows, page)
        if (listed.status == 200) is not shows_list or (not shows_list and listed.status != 403):
            found.append(f"the list as {person}: {listed.status}")
        if not may(person, page.adds, page) and adding.status != 403:
            found.append(f"adding as {person}: {adding.status}")
        if may(person, page.adds, page) and adding.status != 200:
            found.append(f"adding as {person}: {adding.status}")
        found += [f"{person} is told of {mark}" for answer in (listed, adding) for mark in marks_in(answer, person)]
        for where in ("open", "restricted", "elsewhere"):
            found += row_faults(world, person, page, label, where)
    assert not found, "\n".join(found)


def row_faults(world: World, person: Person, page: AdminPage, label: str, where: str) -> list[str]:
    """What is wrong with the pages of one row, and with the actions on it."""
    names = world.names[where]
    row = page.row(MODELS[label], names) if page.name in names or not page.lookup else None
    if where != "open" and page.thing in (Thing.ASKED, Thing.INSTALLATION):
        return []
    if row is None or (where == "restricted" and page.thing not in (Thing.MODEL, Thing.VERSION, Thing.REVIEW)):
        return []
    base, found = f"/admin/{label.replace('.', '/')}/", []
    shown = ask(world, person, "GET", f"{base}{row.pk}/change/")
    missing = ask(world, person, "GET", f"{base}987654/change/")
    if may(person, page.shows, page, where) is not (shown.status == 200):
        found.append(f"the row {where} as {person}: {shown.status}")
    if shown.status != 200 and (shown.status, shown.headers.get("Location")) != (
        missing.status,
        missing.headers.get("Location"),
    ):
        found.append(f"the hidden row {where} as {person}: {shown.status}, not {missing.status}")
    if not may(person, page.changes, page, where):
        found += refused(ask(world, person, "POST", f"{base}{row.pk}/change/", {"name": "x"}, "form"), "change", person)
    if not may(person, page.deletes, page, where):
        found += refused(
            ask(world, person, "POST", f"{base}{row.pk}/delete/", {"post": "yes"}, "form"), "delete", person
        )
        gone: dict[str, Any] = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        found += refused(ask(world, person, "POST", base, gone, "form"), "delete many", person)
    for action, right in page.actions.items():
        if not may(person, right, page, where):
            said = {"action": action, "_selected_action": [row.pk], "comment": "x"}
            found += refused(ask(world, person, "POST", base, said, "form"), action, person)
    return found


def refused(answer: Answer, what: str, person: Person) -> list[str]:
    """A refusal that writes nothing but the message above the page, which is in a cookie or the session."""
    is_said = answer.outcome is not Outcome.LET_IN or answer.status in (200, 302)
    return [] if is_said and not answer.writes else [f"{what} as {person}: {answer.status} {answer.writes}"]


def marks_in(answer: Answer, person: Person) -> list[str]:
    if person.sees_everything:
        return []
    marks = HIDDEN_MARKS if person.role else (*HIDDEN_MARKS, *MARKS)
    return [mark for mark in marks if mark.encode() in answer.body]


def test_every_action_of_a_list_is_in_the_table() -> None:
    found = []
    for label, model in MODELS.items():
        actions = {
            name if isinstance(name, str) else name.__name__ for name in admin.site._registry[model].actions or ()
        }
        if missing := actions - ADMIN[label].actions.keys():
            found.append(f"{label}: {sorted(missing)}")
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("person", STAFF, ids=str)
def test_the_pages_beside_the_tables_tell_no_more_than_they_do(world: World, person: Person) -> None:
    """The index, the search of names, the choices of a field, the way from a row to its page."""
    for page in ("", "accounts/", "registry/", "search/?s=dandelion", "search/?s=light"):
        answer = ask(world, person, "GET", f"/admin/{page}")
        assert answer.status in (200, 403, 404), page
        assert marks_in(answer, person) == [], page
    for app, model, field in (("registry", "modelversion", "model"), ("accounts", "user", "owner")):
        query = f"app_label={app}&model_name={model}&field_name={field}&term=d"
        answer = ask(world, person, "GET", f"/admin/autocomplete/?{query}")
        assert answer.status in (200, 403, 404)
        assert marks_in(answer, person) == []
    assert len(BESIDE) > 5
