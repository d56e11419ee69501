"""Letting accounts in and keeping them out, administrators and auditors."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import access
from accounts.authentication import with_password, with_token
from accounts.models import User
from accounts.operations.people import create_person
from accounts.operations.standing import (
    deactivate_account,
    let_into_admin,
    reactivate_account,
    set_organisation_role,
)
from accounts.rights import OrganisationRole, Right
from events.models import Event
from lib.errors import Conflict, Forbidden, Invalid, Unauthenticated
from tests.accounts.at_once import at_once
from tests.conftest import PASSWORD

ADMINISTRATOR, AUDITOR, NONE = OrganisationRole.ADMINISTRATOR, OrganisationRole.AUDITOR, OrganisationRole.NONE


def second(system: User) -> User:
    return create_person("eve", email="eve@example.org", password=PASSWORD, is_administrator=True, actor=system)


def test_a_deactivated_person_is_out_at_every_door_and_stays_out_of_old_sessions(
    client: Client, scientist: User, administrator: User, token_of: Callable[..., str]
) -> None:
    secret = token_of(scientist)
    client.force_login(scientist)
    other = Client()
    other.force_login(administrator)
    assert client.get("/").status_code == 200
    deactivate_account(scientist, actor=administrator)
    assert client.get("/").status_code == 302
    assert with_password("ada", PASSWORD) is None
    with pytest.raises(Unauthenticated):
        with_token(secret)
    reactivate_account(scientist, actor=administrator)
    assert with_token(secret) == scientist
    assert with_password("ada", PASSWORD) == scientist
    assert client.get("/").status_code == 302
    assert other.get("/").status_code == 200


def test_the_log_tells_what_a_deactivated_person_still_owns(
    scientist: User, ci_account: User, administrator: User
) -> None:
    deactivate_account(scientist, actor=administrator)
    line = Event.objects.latest("pk")
    assert (line.kind, line.details) == ("account.deactivated", {"sessions": 0, "still_owns": ["ci"]})
    ci_account.refresh_from_db()
    assert ci_account.is_active
    deactivate_account(ci_account, actor=administrator)
    with pytest.raises(Conflict):
        deactivate_account(ci_account, actor=administrator)
    reactivate_account(ci_account, actor=administrator)
    with pytest.raises(Conflict):
        reactivate_account(ci_account, actor=administrator)


def test_nobody_deactivates_themselves_the_last_administrator_or_gatehouse(administrator: User, system: User) -> None:
    for account, actor in ((administrator, administrator), (administrator, system), (system, administrator)):
        with pytest.raises(Conflict):
            deactivate_account(account, actor=actor)
    other = second(system)
    deactivate_account(administrator, actor=other)
    with pytest.raises(Conflict) as refusal:
        deactivate_account(other, actor=system)
    assert "last administrator" in refusal.value.message


def test_only_administrators_decide_who_is_what(maintainer: User, scientist: User) -> None:
    changes: list[Callable[[], None]] = [
        lambda: deactivate_account(scientist, actor=maintainer),
        lambda: reactivate_account(scientist, actor=maintainer),
        lambda: set_organisation_role(maintainer, ADMINISTRATOR, actor=maintainer),
        lambda: let_into_admin(maintainer, True, actor=maintainer),
    ]
    for change in changes:
        with pytest.raises(Forbidden):
            change()


def test_a_person_becomes_auditor_administrator_and_nobody_special(scientist: User, administrator: User) -> None:
    set_organisation_role(scientist, AUDITOR, actor=administrator)
    assert access.can(scientist, Right.AUDIT, None)
    assert not access.can(scientist, Right.ADMINISTER, None)
    set_organisation_role(scientist, ADMINISTRATOR, actor=administrator)
    scientist.refresh_from_db()
    assert (scientist.is_superuser, scientist.is_auditor, scientist.is_staff) == (True, False, True)
    set_organisation_role(scientist, NONE, actor=administrator)
    scientist.refresh_from_db()
    assert scientist.organisation_role is NONE
    lines = Event.objects.filter(kind="person.organisation_role_set").order_by("pk")
    assert [(line.details["before"]["role"], line.details["after"]["role"]) for line in lines] == [
        ("none", "auditor"),
        ("auditor", "administrator"),
        ("administrator", "none"),
    ]
    set_organisation_role(scientist, NONE, actor=administrator)
    assert lines.count() == 3


def test_a_machine_is_no_auditor_and_opens_no_admin(ci_account: User, administrator: User) -> None:
    with pytest.raises(Invalid):
        set_organisation_role(ci_account, AUDITOR, actor=administrator)
    with pytest.raises(Invalid):
        let_into_admin(ci_account, True, actor=administrator)


def test_the_last_administrator_stays_one(administrator: User, system: User) -> None:
    for role in (NONE, AUDITOR):
        with pytest.raises(Conflict):
            set_organisation_role(administrator, role, actor=administrator)
    with pytest.raises(Conflict):
        let_into_admin(administrator, False, actor=administrator)
    other = second(system)
    deactivate_account(other, actor=administrator)
    with pytest.raises(Conflict):
        set_organisation_role(administrator, NONE, actor=administrator)


def test_the_admin_is_opened_and_closed_once_each(scientist: User, administrator: User) -> None:
    for is_let_in in (True, True, False, False):
        let_into_admin(scientist, is_let_in, actor=administrator)
    kinds = Event.objects.filter(kind__startswith="person.admin").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["person.admin_opened", "person.admin_closed"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("way", ["demote", "deactivate"])
def test_two_administrators_who_end_each_other_at_once_leave_one(administrator: User, system: User, way: str) -> None:
    other = second(system)

    def end(whom: User, by: User) -> Callable[[], object]:
        fresh, actor = User.objects.get(pk=whom.pk), User.objects.get(pk=by.pk)
        if way == "demote":
            return lambda: set_organisation_role(fresh, NONE, actor=actor)
        return lambda: deactivate_account(fresh, actor=actor)

    results = at_once(end(administrator, other), end(other, administrator))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert User.objects.filter(kind=User.Kind.PERSON, is_superuser=True, is_active=True).count() == 1
