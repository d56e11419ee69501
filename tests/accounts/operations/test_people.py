"""Creating people and service accounts."""

import pytest

from accounts.models import Team, User
from accounts.operations.people import create_person, create_service_account
from events.models import Event
from lib.errors import AlreadyExists, Forbidden, Invalid
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
