"""Making and revoking API tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.operations.tokens import LONGEST_LIFE, create_token, revoke_token
from accounts.queries import find_token, tokens_of
from accounts.rights import Scope
from events.models import Event
from lib.errors import Conflict, Forbidden, HouseError, Invalid, NotFound


def test_a_secret_is_shown_once_and_told_to_nobody_else(scientist: User) -> None:
    token, secret = create_token(scientist, name="laptop", scopes=[Scope.WRITE, Scope.READ], actor=scientist)
    assert secret.startswith(token.prefix)
    assert len(secret) > 40
    line = Event.objects.latest("pk")
    assert line.kind == "token.created"
    assert line.details["scopes"] == ["read", "write"]
    assert secret not in f"{vars(line)}"


def test_without_an_end_a_token_lives_for_90_days(scientist: User) -> None:
    token, _ = create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    assert token.expires_at is not None
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)


@pytest.mark.parametrize("life", [timedelta(0), -timedelta(days=1), LONGEST_LIFE + timedelta(minutes=1)])
def test_a_token_ends_in_the_future_and_within_a_year(scientist: User, life: timedelta) -> None:
    with pytest.raises(Invalid) as refusal:
        create_token(scientist, name="laptop", scopes=[Scope.READ], expires_at=timezone.now() + life, actor=scientist)
    assert refusal.value.field == "expires_at"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("field", "name", "scopes"), [("name", " ", [Scope.READ]), ("name", "x" * 101, [Scope.READ]), ("scopes", "x", [])]
)
def test_a_token_needs_a_name_and_a_scope(scientist: User, field: str, name: str, scopes: list[Scope]) -> None:
    with pytest.raises(Invalid) as refusal:
        create_token(scientist, name=name, scopes=scopes, actor=scientist)
    assert refusal.value.field == field


def test_nobody_makes_a_token_for_somebody_else(scientist: User, reviewer: User) -> None:
    with pytest.raises(Forbidden):
        create_token(reviewer, name="x", scopes=[Scope.READ], actor=scientist)
    token, _ = create_token(reviewer, name="x", scopes=[Scope.READ], actor=reviewer)
    with pytest.raises(Forbidden):
        revoke_token(token, actor=scientist)


def test_the_owner_of_a_machine_makes_its_tokens(scientist: User, reviewer: User, ci_account: User) -> None:
    token, _ = create_token(ci_account, name="x", scopes=[Scope.WRITE], actor=scientist)
    assert list(tokens_of(scientist)) == [token]
    with pytest.raises(Forbidden):
        create_token(ci_account, name="x", scopes=[Scope.WRITE], actor=reviewer)
    revoke_token(token, actor=scientist)


def test_a_machine_makes_no_token_for_its_owner(scientist: User, ci_account: User) -> None:
    with pytest.raises(Forbidden):
        create_token(scientist, name="x", scopes=[Scope.READ], actor=ci_account)


def test_nobody_signs_in_as_the_system(administrator: User, system: User) -> None:
    with pytest.raises(Invalid):
        create_token(system, name="x", scopes=[Scope.READ], actor=administrator)


@pytest.mark.parametrize("scopes", [{Scope.READ}, {Scope.READ, Scope.WRITE, Scope.REVIEW}])
def test_a_token_without_the_scope_admin_makes_and_revokes_none(scientist: User, scopes: set[Scope]) -> None:
    token, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    scientist.scopes = frozenset(scopes)
    with pytest.raises(Forbidden):
        create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    with pytest.raises(Forbidden):
        revoke_token(token, actor=scientist)


def test_a_token_passes_on_no_scope_that_it_does_not_have(scientist: User) -> None:
    scientist.scopes = frozenset({Scope.ADMIN, Scope.READ})
    with pytest.raises(Forbidden):
        create_token(scientist, name="x", scopes=list(Scope), actor=scientist)
    create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)


def test_a_token_is_revoked_once(scientist: User) -> None:
    token, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    revoke_token(token, actor=scientist)
    with pytest.raises(Conflict):
        revoke_token(token, actor=scientist)
    assert Event.objects.filter(kind="token.revoked").count() == 1


def test_an_inactive_person_makes_no_token(scientist: User) -> None:
    scientist.is_active = False
    with pytest.raises(HouseError):
        create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)


def test_the_tokens_of_others_are_not_there(scientist: User, reviewer: User, administrator: User) -> None:
    token, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    assert find_token(token.pk, actor=administrator) == find_token(token.pk, actor=scientist) == token
    with pytest.raises(NotFound):
        find_token(token.pk, actor=reviewer)
