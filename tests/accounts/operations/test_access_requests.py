"""Asking for a role, deciding on what was asked, taking it back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import access
from accounts.models import AccessRequest, Registry, User
from accounts.operations.access_requests import answer_request, ask_for_access, withdraw_request
from accounts.operations.people import create_service_account
from accounts.reach.effective_roles import grants_table_of
from accounts.reach.requests import find_request, requests_decided, requests_of, requests_to_decide
from accounts.rights import Right, Role, Scope
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from registry.models import RegisteredModel
from registry.operations.models import delete_model
from tests.conftest import Member
from tests.factories.tracking import new_experiment

LATER = timedelta(days=30)


@pytest.fixture
def rita(member: Member, registry: Registry) -> User:
    """Sees that things exist, and no more."""
    return member(Role.METADATA_READER, registry, name="rita")


@pytest.fixture
def asked(model: RegisteredModel, rita: User) -> AccessRequest:
    """Rita would like to contribute to the model for a month."""
    until = timezone.now() + LATER
    return ask_for_access(model, Role.CONTRIBUTOR, reason="I retrain it.", ends_at=until, actor=rita)


def test_a_maintainer_gives_what_was_asked_for_until_it_ends(
    asked: AccessRequest, model: RegisteredModel, maintainer: User, rita: User
) -> None:
    assert list(requests_to_decide(maintainer)) == [asked]
    answer_request(asked, grants=True, answer="Welcome.", actor=maintainer)
    assert access.can(rita, Right.REGISTER, model)
    grant = grants_table_of(model).objects.get(group__user=rita)
    assert grant.ends_at == asked.ends_at
    assert not requests_to_decide(maintainer)
    assert list(requests_decided(maintainer)) == list(requests_of(rita)) == [asked]
    kinds = list(Event.objects.order_by("-pk").values_list("kind", flat=True)[:2])
    assert kinds == ["access.granted", "role.granted"]


def test_a_maintainer_gives_less_or_longer_than_was_asked_for(
    asked: AccessRequest, model: RegisteredModel, maintainer: User, rita: User
) -> None:
    answer_request(asked, grants=True, role=Role.READER, ends_at=None, actor=maintainer)
    grant = grants_table_of(model).objects.get(group__user=rita)
    assert (grant.permission.codename, grant.ends_at) == ("reader", None)


def test_a_refusal_gives_nothing_and_another_request_may_follow(
    asked: AccessRequest, model: RegisteredModel, maintainer: User, rita: User
) -> None:
    answer_request(asked, grants=False, answer="Not now.", actor=maintainer)
    assert not access.can(rita, Right.REGISTER, model)
    assert AccessRequest.objects.get(pk=asked.pk).answer == "Not now."
    ask_for_access(model, Role.READER, reason="Only reading, then.", actor=rita)


def test_an_answer_counts_once(asked: AccessRequest, maintainer: User, administrator: User) -> None:
    again = AccessRequest.objects.get(pk=asked.pk)
    answer_request(asked, grants=False, actor=maintainer)
    with pytest.raises(Conflict):
        answer_request(again, grants=True, actor=administrator)
    assert AccessRequest.objects.get(pk=asked.pk).state == AccessRequest.State.REFUSED


def test_only_those_who_manage_the_thing_answer_and_nobody_on_their_own(
    asked: AccessRequest, model: RegisteredModel, scientist: User, stranger: User, rita: User, system: User
) -> None:
    with pytest.raises(Forbidden):
        answer_request(asked, grants=True, actor=scientist)
    with pytest.raises(NotFound):
        answer_request(asked, grants=True, actor=stranger)
    access.grant(Role.MAINTAINER, on=model, to=rita, actor=system)
    with pytest.raises(Forbidden, match="own request"):
        answer_request(asked, grants=True, actor=rita)
    assert not requests_to_decide(rita)


def test_a_service_account_does_not_answer_its_owner(
    model: RegisteredModel, member: Member, registry: Registry, system: User
) -> None:
    owner = member(Role.READER, registry)
    robot = create_service_account("robot", owner=owner, actor=system)
    access.grant(Role.MAINTAINER, on=registry, to=robot, actor=system)
    asked = ask_for_access(model, Role.MAINTAINER, reason="Quickly.", actor=owner)
    assert not requests_to_decide(robot)
    with pytest.raises(Forbidden, match="own request"):
        answer_request(asked, grants=True, actor=robot)


def test_a_request_is_there_for_who_asked_and_who_decides_only(
    asked: AccessRequest, rita: User, maintainer: User, scientist: User, administrator: User
) -> None:
    for person in (rita, maintainer, administrator):
        assert find_request(asked.pk, actor=person) == asked
    with pytest.raises(NotFound):
        find_request(asked.pk, actor=scientist)
    assert not requests_to_decide(scientist)


def test_what_is_hidden_cannot_be_asked_for(model: RegisteredModel, stranger: User, rita: User) -> None:
    with pytest.raises(NotFound):
        ask_for_access(model, Role.READER, reason="Curious.", actor=stranger)
    model.restricted = True
    model.save(update_fields=["restricted"])
    with pytest.raises(NotFound):
        ask_for_access(model, Role.READER, reason="Curious.", actor=rita)


def test_a_request_is_for_more_with_a_reason_and_a_near_end(
    model: RegisteredModel, rita: User, scientist: User, administrator: User
) -> None:
    now = timezone.now()
    refused = [
        (rita, Role.METADATA_READER, "Why not.", None, "role"),
        (scientist, Role.READER, "Why not.", None, "role"),
        (administrator, Role.MAINTAINER, "Why not.", None, "role"),
        (rita, Role.READER, "  ", None, "reason"),
        (rita, Role.READER, "x" * 10_001, None, "reason"),
        (rita, Role.READER, "Why not.", now - LATER, "ends_at"),
        (rita, Role.READER, "Why not.", now + timedelta(days=366), "ends_at"),
    ]
    for actor, role, reason, ends_at, field in refused:
        with pytest.raises(Invalid) as refusal:
            ask_for_access(model, role, reason=reason, ends_at=ends_at, actor=actor)
        assert refusal.value.field == field
    assert not AccessRequest.objects.exists()


def test_a_role_that_ends_can_be_asked_for_again_for_longer(
    model: RegisteredModel, rita: User, maintainer: User
) -> None:
    soon = timezone.now() + timedelta(days=2)
    access.grant(Role.READER, on=model, to=rita, ends_at=soon, actor=maintainer)
    with pytest.raises(Invalid):
        ask_for_access(model, Role.READER, reason="More.", ends_at=soon - timedelta(days=1), actor=rita)
    asked = ask_for_access(model, Role.READER, reason="More.", ends_at=soon + LATER, actor=rita)
    answer_request(asked, grants=True, actor=maintainer)
    assert grants_table_of(model).objects.get(group__user=rita).ends_at == soon + LATER


def test_there_is_one_open_request_for_each_person_and_thing(
    asked: AccessRequest, model: RegisteredModel, registry: Registry, rita: User, scientist: User
) -> None:
    with pytest.raises(AlreadyExists):
        ask_for_access(model, Role.READER, reason="Again.", actor=rita)
    ask_for_access(registry, Role.READER, reason="Elsewhere.", actor=rita)
    ask_for_access(new_experiment(registry, actor=scientist), Role.READER, reason="And here.", actor=rita)
    assert requests_of(rita).count() == 3


def test_machines_auditors_and_narrow_tokens_do_not_ask(
    model: RegisteredModel, ci_account: User, rita: User, stranger: User
) -> None:
    stranger.is_auditor = True
    stranger.save(update_fields=["is_auditor"])
    rita.scopes = frozenset({Scope.READ, Scope.WRITE})
    for actor in (ci_account, stranger, rita):
        with pytest.raises(Forbidden):
            ask_for_access(model, Role.MAINTAINER, reason="More.", actor=actor)


def test_a_present_role_is_never_lowered_or_cut_short(
    model: RegisteredModel, rita: User, maintainer: User, asked: AccessRequest
) -> None:
    access.grant(Role.MAINTAINER, on=model, to=rita, actor=maintainer)
    answer_request(asked, grants=True, actor=maintainer)
    grant = grants_table_of(model).objects.get(group__user=rita)
    assert (grant.permission.codename, grant.ends_at) == ("maintainer", None)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.MAINTAINER])
def test_a_role_that_would_take_something_away_is_refused(
    role: Role, model: RegisteredModel, rita: User, maintainer: User, asked: AccessRequest
) -> None:
    # A reviewer does not contribute; a maintainer who ends sooner loses the days in between.
    soon = timezone.now() + timedelta(days=1)
    access.grant(role, on=model, to=rita, ends_at=None if role is Role.REVIEWER else soon, actor=maintainer)
    with pytest.raises(Conflict, match="take the place"):
        answer_request(asked, grants=True, actor=maintainer)
    assert AccessRequest.objects.get(pk=asked.pk).state == AccessRequest.State.OPEN


def test_who_was_deactivated_is_given_nothing(asked: AccessRequest, rita: User, maintainer: User) -> None:
    User.objects.filter(pk=rita.pk).update(is_active=False)
    with pytest.raises(Conflict, match="deactivated"):
        answer_request(asked, grants=True, actor=maintainer)
    answer_request(asked, grants=False, actor=maintainer)


def test_an_end_that_has_passed_is_not_given(asked: AccessRequest, maintainer: User) -> None:
    asked.ends_at = timezone.now() - timedelta(minutes=1)
    asked.save(update_fields=["ends_at"])
    with pytest.raises(Invalid):
        answer_request(asked, grants=True, actor=maintainer)
    answer_request(asked, grants=True, ends_at=timezone.now() + LATER, actor=maintainer)


def test_who_asked_takes_it_back_once(
    asked: AccessRequest, rita: User, maintainer: User, scientist: User, stranger: User
) -> None:
    for person, refusal in ((maintainer, Forbidden), (scientist, Forbidden), (stranger, NotFound)):
        with pytest.raises(refusal):
            withdraw_request(asked, actor=person)
    withdraw_request(asked, actor=rita)
    with pytest.raises(Conflict):
        withdraw_request(asked, actor=rita)
    with pytest.raises(Conflict):
        answer_request(asked, grants=True, actor=maintainer)


def test_a_request_ends_with_the_thing(
    asked: AccessRequest, model: RegisteredModel, rita: User, maintainer: User
) -> None:
    delete_model(model, actor=maintainer)
    assert AccessRequest.objects.get(pk=asked.pk).state == AccessRequest.State.WITHDRAWN
    assert not requests_of(rita)
    with pytest.raises(NotFound):
        answer_request(AccessRequest.objects.get(pk=asked.pk), grants=True, actor=maintainer)
