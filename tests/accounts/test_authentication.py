"""From credentials to an actor."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate, hashers
from django.utils import timezone

from accounts import access, authentication
from accounts.authentication import with_basic, with_header, with_password, with_token
from accounts.models import ApiToken, User
from accounts.operations.tokens import create_token, revoke_token
from accounts.rights import Right, Scope
from events import context
from lib.errors import Unauthenticated
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def fresh_origin() -> None:
    """What one test signed in with is not known to the next."""
    context.begin(context.Origin())


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", "Ada@Example.ORG"])
def test_a_person_signs_in_by_name_or_mail_in_any_case(scientist: User, name: str) -> None:
    assert with_password(name, PASSWORD) == scientist
    assert with_basic(name, PASSWORD) == scientist
    assert authenticate(username=name, password=PASSWORD) == scientist


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", PASSWORD.upper()),
        ("ada", PASSWORD + " "),
        ("ada", ""),
        ("", PASSWORD),
        ("nobody", PASSWORD),
        ("ada%", PASSWORD),
        ("_da", PASSWORD),
        ("a_a@example.org", PASSWORD),
        ("ada\0", PASSWORD),
        ("ada", PASSWORD + "\0"),
    ],
)
def test_wrong_credentials_sign_nobody_in(scientist: User, name: str, password: str) -> None:
    assert authenticate(username=name, password=password) is None
    with pytest.raises(Unauthenticated):
        with_basic(name, password)


def test_a_deactivated_person_does_not_sign_in_even_if_it_just_did(scientist: User) -> None:
    assert with_password("ada", PASSWORD)
    scientist.is_active = False
    scientist.save(update_fields=["is_active"])
    assert with_password("ada", PASSWORD) is None


def test_an_old_password_does_not_survive_a_new_one(scientist: User) -> None:
    assert with_password("ada", PASSWORD)
    scientist.set_password("another horse, another battery")
    scientist.save(update_fields=["password"])
    assert with_password("ada", PASSWORD) is None
    assert with_password("ada", "another horse, another battery") == scientist


def test_a_right_password_is_hashed_once_and_a_wrong_one_every_time(
    scientist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def slowly(password: str, encoded: str) -> bool:
        hashed.append(password)
        return hashers.check_password(password, encoded)

    monkeypatch.setattr(authentication, "check_password", slowly)
    monkeypatch.setattr(authentication, "_known_good", set())
    for _ in range(3):
        assert with_password("ada", PASSWORD)
        assert with_password("ada", "a wrong one") is None
    assert hashed == [PASSWORD, "a wrong one", "a wrong one", "a wrong one"]


def test_memory_holds_no_password_and_does_not_grow_for_ever(scientist: User, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {str(number) for number in range(1024)}
    monkeypatch.setattr(authentication, "_known_good", known)
    assert with_password("ada", PASSWORD)
    assert len(known) == 1
    assert not any(PASSWORD in entry for entry in known)


def test_machines_and_the_system_cannot_use_a_password(ci_account: User, system: User) -> None:
    for account in (ci_account, system):
        account.set_password(PASSWORD)
        account.save(update_fields=["password"])
        assert with_password(account.username, PASSWORD) is None


def test_a_token_signs_its_owner_in_with_its_scopes(scientist: User, token_of: Callable[..., str]) -> None:
    actor = with_token(token_of(scientist, Scope.READ, Scope.REVIEW), address="192.0.2.7")
    assert actor == scientist
    assert actor.scopes == frozenset({Scope.READ, Scope.REVIEW})
    token = ApiToken.objects.get()
    assert token.last_used_from == "192.0.2.7"
    assert context.current().token_prefix == token.prefix


def test_a_token_is_a_password_under_any_name(scientist: User, ci_account: User, token_of: Callable[..., str]) -> None:
    assert with_basic("whoever", token_of(scientist)) == scientist
    assert with_basic("", token_of(ci_account)) == ci_account


@pytest.mark.parametrize("secret", ["", "gate_", "gate_unknown", "gate_\0", "x" * 10_000])
def test_an_unknown_token_signs_nobody_in(scientist: User, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        with_token(secret)


def test_a_token_is_stored_as_a_digest_alone(scientist: User, token_of: Callable[..., str]) -> None:
    secret = token_of(scientist)
    token = ApiToken.objects.get()
    assert secret not in {str(value) for value in vars(token).values()}
    with pytest.raises(Unauthenticated):
        with_token(token.digest)


def test_an_expired_token_signs_nobody_in(scientist: User, token_of: Callable[..., str]) -> None:
    secret = token_of(scientist)
    ApiToken.objects.update(expires_at=timezone.now())
    with pytest.raises(Unauthenticated):
        with_token(secret)


def test_a_revoked_token_signs_nobody_in(scientist: User) -> None:
    token, secret = create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)
    assert with_token(secret) == scientist
    revoke_token(token, actor=scientist)
    with pytest.raises(Unauthenticated):
        with_token(secret)
    with pytest.raises(Unauthenticated):
        with_basic("ada", secret)


def test_the_token_of_somebody_who_was_deactivated_signs_nobody_in(
    scientist: User, token_of: Callable[..., str]
) -> None:
    secret = token_of(scientist)
    scientist.is_active = False
    scientist.save(update_fields=["is_active"])
    with pytest.raises(Unauthenticated):
        with_token(secret)


def test_the_last_use_is_noted_at_most_once_a_minute(scientist: User, token_of: Callable[..., str]) -> None:
    secret = token_of(scientist)
    with_token(secret, address="192.0.2.1")
    first = ApiToken.objects.get().last_used_at
    with_token(secret, address="192.0.2.2")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    with_token(secret, address="192.0.2.3")
    token = ApiToken.objects.get()
    assert token.last_used_at is not None
    assert first is not None
    assert token.last_used_at >= first
    assert token.last_used_from == "192.0.2.3"


def test_an_administrator_with_a_reading_token_administers_nothing(
    administrator: User, token_of: Callable[..., str]
) -> None:
    actor = with_token(token_of(administrator, Scope.READ))
    assert not access.can(actor, Right.ADMINISTER, None)
    assert access.can(administrator, Right.ADMINISTER, None)


@pytest.mark.parametrize(
    "header", ["", "Basic ü", "Basic %%%", "Basic YWRh", "Digest x", "Bearer", "Bearer \x00", "ada"]
)
def test_a_header_that_cannot_be_read_signs_nobody_in(db: None, header: str) -> None:
    with pytest.raises(Unauthenticated):
        with_header(header)
