"""Creating people and service accounts."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.authentication import with_password, with_token
from accounts.models import Team, User
from accounts.operations.people import (
    create_person,
    create_service_account,
    describe_account,
    hand_over_service_account,
    reset_password,
)
from accounts.operations.standing import deactivate_account
from accounts.rights import Scope
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid
from tests.conftest import PASSWORD


def test_a_person_gets_a_team_of_one(system: User) -> None:
    person = create_person("rita", email="Rita@Example.org", password=PASSWORD, display_name="Rita", actor=system)
    assert (person.email, person.name, person.kind) == ("rita@example.org", "Rita", User.Kind.PERSON)
    assert list(person.groups.all()) == [person.personal_team.group]
    assert not person.is_superuser
    assert not person.is_staff
    line = Event.objects.latest("pk")
    assert (line.kind, line.subject_name, line.details) == ("person.created", "rita", {"administrator": False})


def test_the_longest_name_still_has_a_team(system: User) -> None:
    name = "x" * 100
    person = create_person(name, email="x@example.org", password=PASSWORD, actor=system)
    assert Team.objects.get(person=person).name == f"person:{name}"


def test_a_person_without_a_password_cannot_use_any(system: User) -> None:
    person = create_person("rita", email="rita@example.org", password=None, actor=system)
    assert not person.has_usable_password()


@pytest.mark.parametrize(
    ("field", "username", "email", "password"),
    [
        ("username", "", "r@example.org", PASSWORD),
        ("username", "Rita", "r@example.org", PASSWORD),
        ("username", "rita smith", "r@example.org", PASSWORD),
        ("username", "rita@example.org", "r@example.org", PASSWORD),
        ("username", "person:rita", "r@example.org", PASSWORD),
        ("username", "rita\n", "r@example.org", PASSWORD),
        ("username", "ｒita", "r@example.org", PASSWORD),
        ("username", ".rita", "r@example.org", PASSWORD),
        ("username", "x" * 101, "r@example.org", PASSWORD),
        ("email", "rita", "no mail", PASSWORD),
        ("email", "rita", "x" * 255 + "@example.org", PASSWORD),
        ("password", "rita", "r@example.org", ""),
        ("password", "rita", "r@example.org", "short"),
        ("password", "rita", "r@example.org", "password1234"),
        ("password", "rita", "r@example.org", "928374650192837"),
        ("password", "rita", "ritathegreat@example.org", "ritathegreat@"),
    ],
)
def test_a_bad_value_makes_nobody(system: User, field: str, username: str, email: str, password: str) -> None:
    people, lines = User.objects.count(), Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        create_person(username, email=email, password=password, actor=system)
    assert refusal.value.field == field
    assert (User.objects.count(), Event.objects.count()) == (people, lines)


@pytest.mark.parametrize(
    ("name", "mail"), [("ada", "new@example.org"), ("new", "ada@example.org"), ("new", "ADA@example.org")]
)
def test_names_and_addresses_are_taken_once(scientist: User, system: User, name: str, mail: str) -> None:
    with pytest.raises(AlreadyExists):
        create_person(name, email=mail, password=PASSWORD, actor=system)
    assert User.objects.filter(kind=User.Kind.PERSON).get() == scientist


def test_a_service_account_has_an_owner_who_is_a_person(scientist: User, ci_account: User, system: User) -> None:
    assert (ci_account.kind, ci_account.owner) == (User.Kind.SERVICE, scientist)
    assert not ci_account.has_usable_password()
    for owner in (ci_account, system):
        with pytest.raises(Invalid) as refusal:
            create_service_account("robot", owner=owner, actor=system)
        assert refusal.value.field == "owner"


def test_two_machines_without_an_address_are_no_clash(scientist: User, system: User) -> None:
    create_service_account("one", owner=scientist, actor=system)
    create_service_account("two", owner=scientist, actor=system)


def test_only_an_administrator_creates_accounts(maintainer: User, administrator: User) -> None:
    with pytest.raises(Forbidden):
        create_person("rita", email="rita@example.org", password=PASSWORD, is_administrator=True, actor=maintainer)
    with pytest.raises(Forbidden):
        create_service_account("robot", owner=maintainer, actor=maintainer)
    assert create_person(
        "rita", email="rita@example.org", password=PASSWORD, is_administrator=True, actor=administrator
    ).is_superuser


def test_an_auditor_is_made_and_is_no_administrator(system: User) -> None:
    person = create_person("rita", email="r@example.org", password=None, is_auditor=True, actor=system)
    assert (person.is_auditor, person.is_superuser) == (True, False)
    assert Event.objects.latest("pk").details == {"administrator": False, "auditor": True}
    with pytest.raises(Invalid):
        create_person("eve", email="e@example.org", password=None, is_auditor=True, is_administrator=True, actor=system)


def test_a_service_account_is_handed_over_once(
    scientist: User, reviewer: User, ci_account: User, administrator: User
) -> None:
    for _ in range(2):
        hand_over_service_account(ci_account, reviewer, actor=administrator)
    ci_account.refresh_from_db()
    assert ci_account.owner == reviewer
    line = Event.objects.get(kind="service_account.handed_over")
    assert (line.details["before"], line.details["after"]) == ({"owner": "ada"}, {"owner": "grace"})
    with pytest.raises(Invalid):
        hand_over_service_account(reviewer, scientist, actor=administrator)
    deactivate_account(scientist, actor=administrator)
    with pytest.raises(Conflict):
        hand_over_service_account(ci_account, scientist, actor=administrator)
    with pytest.raises(Forbidden):
        hand_over_service_account(ci_account, reviewer, actor=reviewer)


def test_people_change_their_own_name_and_administrators_everything(
    scientist: User, reviewer: User, administrator: User, token_of: Callable[..., str]
) -> None:
    describe_account(scientist, display_name="Ada", actor=scientist)
    describe_account(scientist, display_name="Ada", actor=scientist)
    assert Event.objects.filter(kind="account.changed").count() == 1
    for email, actor in (("new@example.org", scientist), (None, reviewer)):
        with pytest.raises(Forbidden):
            describe_account(scientist, display_name="X", email=email, actor=actor)
    reader = with_token(token_of(scientist, Scope.READ, Scope.WRITE))
    with pytest.raises(Forbidden):
        describe_account(scientist, display_name="X", actor=reader)
    describe_account(scientist, email="New@Example.org", actor=administrator)
    scientist.refresh_from_db()
    assert (scientist.email, scientist.display_name) == ("new@example.org", "Ada")
    with pytest.raises(AlreadyExists):
        describe_account(scientist, email="GRACE@example.org", actor=administrator)
    scientist.refresh_from_db()
    for bad in ({"email": "no mail"}, {"display_name": "x" * 201}, {"display_name": "a\0"}):
        with pytest.raises(Invalid):
            describe_account(User.objects.get(pk=scientist.pk), **bad, actor=administrator)


def test_a_machine_has_a_name_but_no_address(ci_account: User, system: User, administrator: User) -> None:
    describe_account(ci_account, display_name="Pipeline", actor=administrator)
    with pytest.raises(Invalid):
        describe_account(ci_account, email="ci@example.org", actor=administrator)
    with pytest.raises(Invalid):
        describe_account(system, display_name="Somebody", actor=administrator)


def test_nobody_sets_the_password_of_another(scientist: User, administrator: User) -> None:
    with pytest.raises(Forbidden):
        reset_password(scientist, "another horse, another battery", actor=administrator)


def test_the_command_prints_a_new_password_and_unlocks(scientist: User, ci_account: User) -> None:
    for _ in range(10):
        with_password("ada", "wrong")
    printed, told = StringIO(), StringIO()
    call_command("reset_password", "Ada", stdout=printed, stderr=told)
    assert told.getvalue() == "New password of ada, who is signed out everywhere:\n"
    password = printed.getvalue().strip()
    assert len(password) >= 20
    assert with_password("ada", password) == scientist
    assert with_password("ada", PASSWORD) is None
    line = Event.objects.get(kind="person.password_reset")
    assert (line.subject_name, line.details) == ("ada", {})
    for name in ("ci", "system", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_password", name)


def test_the_command_unlocks(scientist: User) -> None:
    for _ in range(10):
        with_password("ada", "wrong")
    said = StringIO()
    call_command("unlock", "ada", stdout=said)
    call_command("unlock", "ada", stdout=said)
    assert said.getvalue().splitlines() == ["ada was unlocked.", "There were no wrong passwords for ada."]
    assert with_password("ada", PASSWORD) == scientist
    with pytest.raises(CommandError):
        call_command("unlock", "nobody")


def test_who_has_another_address_given_is_told_at_both(
    administrator: User, scientist: User, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_IS_SENT = True
    with django_capture_on_commit_callbacks(execute=True):
        describe_account(scientist, email="Root-2@Example.org", actor=administrator)
    assert [message.to for message in outbox.outbox] == [["ada@example.org"], ["root-2@example.org"]]
    assert "root has changed the e-mail address of your account to root-2@example.org." in outbox.outbox[0].body
    with django_capture_on_commit_callbacks(execute=True):
        describe_account(scientist, display_name="Ada", actor=administrator)
        describe_account(administrator, email="root-3@example.org", actor=administrator)
    assert len(outbox.outbox) == 2


def test_an_address_that_is_taken_away_is_none(administrator: User, scientist: User, stranger: User) -> None:
    for person in (scientist, stranger):
        describe_account(person, email="", actor=administrator)
        person.refresh_from_db()
        assert person.email is None
    assert with_password("", PASSWORD) is None
    assert Event.objects.latest("pk").details["after"] == {"email": None}
