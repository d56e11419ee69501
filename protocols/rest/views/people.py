"""People and service accounts; for administrators, and to be read by auditors."""

from http import HTTPStatus

from django.db import transaction

from accounts.models import User
from accounts.operations.attempts import unlock_account
from accounts.operations.people import (
    create_person,
    create_service_account,
    describe_account,
    hand_over_service_account,
)
from accounts.operations.standing import (
    deactivate_account,
    let_into_admin,
    reactivate_account,
    set_organisation_role,
)
from accounts.queries import find_account, people_for, service_accounts_for, service_accounts_of
from accounts.rights import OrganisationRole
from lib.errors import NotFound
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.people import (
    NewPersonShape,
    NewServiceAccountShape,
    OnePersonShape,
    PersonChangeShape,
    PersonShape,
    ServiceAccountChangeShape,
    ServiceAccountShape,
    UnlockedShape,
)


class People(View):
    @endpoint("list_people", lists=PersonShape)
    def get(self, call: Call) -> Page[User]:
        """Everybody, by user name."""
        return call.page(people_for(call.actor), "username")

    @endpoint("create_person", takes=NewPersonShape, answers=PersonShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> User:
        """Create a person."""
        return create_person(**call.said, actor=call.actor)


class OnePerson(View):
    @endpoint("get_person", answers=OnePersonShape)
    def get(self, call: Call, username: str) -> With:
        """One person, with the service accounts that the person answers for."""
        return _in_full(_person(username, call))

    @endpoint("change_person", takes=PersonChangeShape, answers=OnePersonShape)
    def patch(self, call: Call, username: str) -> With:
        """Change what a person is called, the e-mail, and what the person is for the installation."""
        person, said = _person(username, call), call.said
        with transaction.atomic():
            if described := {name: said[name] for name in ("display_name", "email") if name in said}:
                describe_account(person, **described, actor=call.actor)
            if "organisation_role" in said:
                set_organisation_role(person, OrganisationRole(said["organisation_role"]), actor=call.actor)
            if "may_open_admin" in said:
                let_into_admin(person, said["may_open_admin"], actor=call.actor)
        return _in_full(person)


class PersonDeactivation(View):
    @endpoint("deactivate_person", answers=OnePersonShape)
    def post(self, call: Call, username: str) -> With:
        """Keep a person out at every door from now on; the answer names the service accounts left behind."""
        person = _person(username, call)
        deactivate_account(person, actor=call.actor)
        return _in_full(person)


class PersonReactivation(View):
    @endpoint("reactivate_person", answers=OnePersonShape)
    def post(self, call: Call, username: str) -> With:
        """Let a person in again."""
        person = _person(username, call)
        reactivate_account(person, actor=call.actor)
        return _in_full(person)


class PersonUnlocking(View):
    @endpoint("unlock_person", answers=UnlockedShape)
    def post(self, call: Call, username: str) -> dict[str, bool]:
        """Forget the wrong passwords that keep a person from signing in."""
        return {"was_locked": unlock_account(_person(username, call), actor=call.actor)}


class ServiceAccounts(View):
    @endpoint("list_service_accounts", lists=ServiceAccountShape)
    def get(self, call: Call) -> Page[User]:
        """The accounts of machines, by user name."""
        return call.page(service_accounts_for(call.actor), "username")

    @endpoint(
        "create_service_account",
        takes=NewServiceAccountShape,
        answers=ServiceAccountShape,
        status=HTTPStatus.CREATED,
    )
    def post(self, call: Call) -> User:
        """Create an account for a machine."""
        owner = find_account(call.said.pop("owner"), actor=call.actor)
        return create_service_account(**call.said, owner=owner, actor=call.actor)


class OneServiceAccount(View):
    @endpoint("get_service_account", answers=ServiceAccountShape)
    def get(self, call: Call, username: str) -> User:
        """One service account."""
        return _service_account(username, call)

    @endpoint("change_service_account", takes=ServiceAccountChangeShape, answers=ServiceAccountShape)
    def patch(self, call: Call, username: str) -> User:
        """Change what a service account is called, or hand it over to another person."""
        account, said = _service_account(username, call), call.said
        with transaction.atomic():
            if "display_name" in said:
                describe_account(account, display_name=said["display_name"], actor=call.actor)
            if "owner" in said:
                hand_over_service_account(account, find_account(said["owner"], actor=call.actor), actor=call.actor)
        return account


class ServiceAccountDeactivation(View):
    @endpoint("deactivate_service_account", answers=ServiceAccountShape)
    def post(self, call: Call, username: str) -> User:
        """Keep a service account out at every door from now on."""
        account = _service_account(username, call)
        deactivate_account(account, actor=call.actor)
        return account


class ServiceAccountReactivation(View):
    @endpoint("reactivate_service_account", answers=ServiceAccountShape)
    def post(self, call: Call, username: str) -> User:
        """Let a service account in again."""
        account = _service_account(username, call)
        reactivate_account(account, actor=call.actor)
        return account


def _person(username: str, call: Call) -> User:
    found = people_for(call.actor).filter(username=username).first()
    if found is None:
        raise NotFound(f"Person {username} was not found.")
    return found


def _service_account(username: str, call: Call) -> User:
    found = service_accounts_for(call.actor).filter(username=username).first()
    if found is None:
        raise NotFound(f"Service account {username} was not found.")
    return found


def _in_full(person: User) -> With:
    return With(person, service_accounts=list(service_accounts_of(person).values_list("username", flat=True)))
