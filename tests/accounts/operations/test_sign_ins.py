"""Second factors, passwords and sessions, and who changes them."""

import io
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.credentials.second_factors import STEP, code_at, has_second_factor, new_key, seal, step_of, unseal
from accounts.models import FailedSignIn, User
from accounts.operations import sign_ins
from events.models import Event
from lib.errors import Conflict, Forbidden, Invalid, TooOften
from tests.dashboard.signing_in import code, sign_in, with_second_factor

RFC_6238_KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"


@pytest.mark.parametrize(
    ("at", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(at: int, expected: str) -> None:
    assert code_at(RFC_6238_KEY, at // STEP) == expected


def test_a_clock_may_be_off_by_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 100 * STEP)
    steps = [step_of(RFC_6238_KEY, code_at(RFC_6238_KEY, step)) for step in range(97, 104)]
    assert steps == [None, None, 99, 100, 101, None, None]
    assert step_of("", code_at("", 100)) is None, "a key that cannot be read fits no code"


def test_an_older_code_does_not_work_after_a_newer_one(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    sign_ins.use_code(scientist, code(key, later=1), actor=scientist)
    with pytest.raises(Invalid):
        sign_ins.use_code(scientist, code(key), actor=scientist)


def test_the_code_that_proved_the_generator_does_not_sign_in(scientist: User) -> None:
    key = new_key()
    first = code(key)
    sign_ins.add_second_factor(scientist, key, first, actor=scientist)
    with pytest.raises(Invalid):
        sign_ins.use_code(scientist, first, actor=scientist)


def test_a_right_code_forgets_the_wrong_ones(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    for _ in range(4):
        with pytest.raises(Invalid):
            sign_ins.use_code(scientist, "000000", actor=scientist)
    sign_ins.use_code(scientist, code(key), actor=scientist)
    assert not FailedSignIn.objects.exists()
    for _ in range(5):
        with pytest.raises(Invalid):
            sign_ins.use_code(scientist, "000000", actor=scientist)
    with pytest.raises(TooOften):
        sign_ins.use_code(scientist, code(key, later=1), actor=scientist)


def test_nobody_has_two(scientist: User) -> None:
    with_second_factor(scientist)
    with pytest.raises(Conflict, match="already"):
        with_second_factor(scientist)
    assert Authenticator.objects.count() == 2


def test_a_new_secret_key_reads_what_the_old_one_sealed(scientist: User, settings: Settings) -> None:
    key, codes = with_second_factor(scientist)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    sign_ins.use_code(scientist, codes[0], actor=scientist)
    sign_ins.use_code(scientist, code(key), actor=scientist)
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(Authenticator.objects.get(type="totp").data["secret"]) == ""
    assert unseal(seal(key)) == key


def test_only_the_person_adds_and_changes(scientist: User, administrator: User) -> None:
    with pytest.raises(Forbidden):
        sign_ins.change_password(scientist, "correct horse battery", actor=administrator)
    with pytest.raises(Forbidden):
        sign_ins.add_second_factor(scientist, new_key(), "123456", actor=administrator)
    with_second_factor(scientist)
    with pytest.raises(Forbidden):
        sign_ins.make_recovery_codes(scientist, actor=administrator)
    scientist.scopes = frozenset()
    with pytest.raises(Forbidden):
        sign_ins.remove_second_factor(scientist, actor=scientist)


def test_an_administrator_takes_away_what_is_lost(scientist: User, administrator: User) -> None:
    with_second_factor(scientist)
    sign_ins.remove_second_factor(scientist, actor=administrator)
    assert not has_second_factor(scientist)
    line = Event.objects.latest("pk")
    assert (line.kind, line.actor_name, line.subject_name) == ("second_factor.removed", "root", "ada")


def test_so_does_whoever_is_on_the_server(administrator: User) -> None:
    with_second_factor(administrator)
    said = io.StringIO()
    call_command("remove_second_factor", "root", stdout=said)
    assert said.getvalue() == "root has no second factor now.\n"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("remove_second_factor", "root")


def test_a_weak_password_is_refused(scientist: User) -> None:
    for weak in ("short", "123456789012", "password1234567"[:11], "ada@example.org"):
        with pytest.raises(Invalid):
            sign_ins.change_password(scientist, weak, actor=scientist)


def test_whose_second_factor_somebody_else_takes_is_told(
    scientist: User, administrator: User, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_IS_SENT = True
    with_second_factor(scientist)
    with django_capture_on_commit_callbacks(execute=True):
        sign_ins.remove_second_factor(scientist, actor=administrator)
    (message,) = outbox.outbox
    assert message.to == ["ada@example.org"]
    assert "root has taken the second factor of your account away." in message.body


def test_a_wrong_code_counts_for_the_network_as_a_wrong_password_does(scientist: User) -> None:
    with_second_factor(scientist)
    client = sign_in()
    client.post("/sign-in/code", {"code": "000000"}, REMOTE_ADDR="2001:db8::5")
    assert FailedSignIn.objects.get().address == "2001:db8::/64"
