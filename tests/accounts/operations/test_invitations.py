"""Invitations: one link, one account, once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts.authentication import with_password
from accounts.mail import send_invitation
from accounts.models import Invitation, Team, User
from accounts.operations.invitations import accept_invitation, invite_person, withdraw_invitation
from accounts.operations.people import create_person
from accounts.operations.teams import create_team
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from tests.accounts.at_once import at_once
from tests.conftest import PASSWORD


@pytest.fixture
def team(system: User) -> Team:
    """A shared team."""
    return create_team("fraud", actor=system)


def test_whoever_has_the_link_makes_the_account_once(administrator: User, system: User, team: Team) -> None:
    invitation, secret = invite_person(" Eve@Example.org ", teams=[team], actor=administrator)
    person = accept_invitation(secret, username="eve", display_name="Eve", password=PASSWORD, actor=system)
    assert (person.email, person.name, person.kind) == ("eve@example.org", "Eve", User.Kind.PERSON)
    assert not person.is_superuser and not person.is_staff and not person.is_auditor
    assert team.group in person.groups.all()
    assert with_password("eve", PASSWORD) == person
    invitation.refresh_from_db()
    assert (invitation.state, invitation.accepted_by) == ("accepted", person)
    with pytest.raises(NotFound):
        accept_invitation(secret, username="eve2", password=PASSWORD, actor=system)
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-4:] == ["invitation.sent", "person.created", "team.member_added", "invitation.accepted"]


def test_the_secret_is_not_kept(administrator: User) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    kept = [str(value) for table in (Invitation, Event) for row in table.objects.values() for value in row.values()]
    assert not any(secret in value for value in kept)


def test_a_link_that_does_not_work_says_always_the_same(administrator: User, system: User) -> None:
    used, withdrawn, over = (invite_person(f"{name}@example.org", actor=administrator) for name in "abc")
    accept_invitation(used[1], username="a", password=PASSWORD, actor=system)
    withdraw_invitation(withdrawn[0], actor=administrator)
    Invitation.objects.filter(pk=over[0].pk).update(ends_at=timezone.now())
    said = set()
    for secret in (used[1], withdrawn[1], over[1], "unknown", "", "\0", "x" * 10_000):
        with pytest.raises(NotFound) as refusal:
            accept_invitation(secret, username="b", password=PASSWORD, actor=system)
        said.add(refusal.value.message)
    assert len(said) == 1
    assert not User.objects.filter(username="b").exists()


def test_an_invitation_ends_after_seven_days(administrator: User) -> None:
    invitation, _ = invite_person("eve@example.org", actor=administrator)
    assert invitation.ends_at - invitation.created_at == timedelta(days=7)


@pytest.mark.parametrize("password", ["", "short", "password1234", "928374650192837", "eve@example.org"])
def test_a_weak_password_leaves_the_link_as_it_was(administrator: User, system: User, password: str) -> None:
    invitation, secret = invite_person("eve@example.org", actor=administrator)
    with pytest.raises(Invalid):
        accept_invitation(secret, username="eve", password=password, actor=system)
    invitation.refresh_from_db()
    assert invitation.is_open
    assert not User.objects.filter(username="eve").exists()


def test_a_name_that_is_taken_is_refused_and_the_link_still_works(
    administrator: User, system: User, scientist: User
) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    with pytest.raises(AlreadyExists):
        accept_invitation(secret, username="ada", password=PASSWORD, actor=system)
    assert accept_invitation(secret, username="eve", password=PASSWORD, actor=system).is_active


def test_somebody_who_is_here_or_invited_is_not_invited(administrator: User, scientist: User) -> None:
    with pytest.raises(AlreadyExists) as refusal:
        invite_person("ADA@example.org", actor=administrator)
    assert "has an account" in refusal.value.message
    invitation, _ = invite_person("eve@example.org", actor=administrator)
    with pytest.raises(Conflict):
        invite_person("eve@example.org", actor=administrator)
    withdraw_invitation(invitation, actor=administrator)
    assert invite_person("eve@example.org", actor=administrator)[0].is_open


@pytest.mark.parametrize("email", ["", "eve", "eve@", "x" * 250 + "@example.org", "eve@example.org\nBcc: x@y.org"])
def test_a_bad_address_invites_nobody(administrator: User, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        invite_person(email, actor=administrator)
    assert refusal.value.field == "email"
    assert not Invitation.objects.exists()


def test_nobody_is_invited_into_a_personal_team(administrator: User, scientist: User) -> None:
    with pytest.raises(Invalid):
        invite_person("eve@example.org", teams=[scientist.personal_team], actor=administrator)


def test_only_administrators_invite_and_withdraw(administrator: User, maintainer: User) -> None:
    invitation, secret = invite_person("eve@example.org", actor=administrator)
    with pytest.raises(Forbidden):
        invite_person("eva@example.org", actor=maintainer)
    with pytest.raises(Forbidden):
        withdraw_invitation(invitation, actor=maintainer)
    with pytest.raises(Forbidden):
        accept_invitation(secret, username="eve", password=PASSWORD, actor=maintainer)


def test_what_was_used_or_withdrawn_is_not_withdrawn(administrator: User, system: User) -> None:
    invitation, secret = invite_person("eve@example.org", actor=administrator)
    accept_invitation(secret, username="eve", password=PASSWORD, actor=system)
    with pytest.raises(Conflict):
        withdraw_invitation(invitation, actor=administrator)


def test_mail_is_sent_if_there_is_a_server(administrator: User, settings: Settings) -> None:
    invitation, _ = invite_person("eve@example.org", actor=administrator)
    settings.MAIL_IS_SENT = False
    assert not send_invitation(invitation, "https://gate.example.org/invitations/secret")
    settings.MAIL_IS_SENT = True
    assert send_invitation(invitation, "https://gate.example.org/invitations/secret")
    (letter,) = mail.outbox
    assert letter.to == ["eve@example.org"]
    assert "https://gate.example.org/invitations/secret" in letter.body
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert not send_invitation(invitation, "https://gate.example.org/invitations/secret")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_accept_at_once_make_one_account(administrator: User, system: User) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    results = at_once(
        *[
            lambda name=name: accept_invitation(secret, username=name, password=PASSWORD, actor=system)
            for name in ("eve", "eva", "evi")
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["NotFound", "NotFound", "User"]
    assert User.objects.filter(email="eve@example.org").count() == 1
    assert Event.objects.filter(kind="invitation.accepted").count() == 1


def test_the_invitation_of_somebody_who_came_another_way_makes_nobody(administrator: User, system: User) -> None:
    _, secret = invite_person("eve@example.org", actor=administrator)
    create_person("eve", email="eve@example.org", password=None, actor=system)
    with pytest.raises(AlreadyExists):
        accept_invitation(secret, username="eva", password=PASSWORD, actor=system)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_a_link_of_somebody_who_may_invite_no_more_is_dead(
    administrator: User, system: User, change: dict[str, bool]
) -> None:
    invitation, secret = invite_person("eve@example.org", actor=administrator)
    User.objects.filter(pk=administrator.pk).update(**change)
    with pytest.raises(NotFound):
        accept_invitation(secret, username="eve", password=PASSWORD, actor=system)
    again = Invitation.objects.get(pk=invitation.pk)
    assert (again.state, again.withdrawn_at) == ("ended", None)
    assert invite_person("eve@example.org", actor=system)[0].is_open
