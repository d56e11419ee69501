"""Too many wrong passwords: what is locked, for whom, until when, and what nobody learns from it."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import authenticate, hashers
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts import authentication
from accounts.authentication import with_basic, with_password
from accounts.credentials.attempts import digest_of
from accounts.models import FailedSignIn, User
from accounts.operations.attempts import sweep, unlock_account
from accounts.operations.people import create_person
from accounts.tasks import sweep as sweep_task
from events.models import Event
from lib.errors import Forbidden, TooOften, Unauthenticated
from tests.accounts.at_once import at_once
from tests.conftest import PASSWORD
from tests.dashboard.signing_in import is_in, sign_in

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def fail(name: str, times: int, *, address: str = HERE) -> None:
    for _ in range(times):
        assert with_password(name, "wrong", address=address) is None


def test_the_tenth_wrong_password_from_one_address_locks_the_pair(scientist: User) -> None:
    fail("ada", 9)
    assert with_password("ada", PASSWORD, address=HERE) == scientist
    fail("ada", 10)
    for password in (PASSWORD, "wrong"):
        with pytest.raises(TooOften) as refusal:
            with_password("ada", password, address=HERE)
        assert "Too many wrong passwords. Try again in 15 minutes" in refusal.value.message
        assert 0 < refusal.value.wait <= 900
    assert with_password("ada", PASSWORD, address=ELSEWHERE) == scientist


def test_a_name_that_nobody_has_is_locked_in_the_same_words(scientist: User) -> None:
    said = []
    for name in ("ada", "nobody", "nobody\0", "ci"):
        fail(name, 10)
        with pytest.raises(TooOften) as refusal:
            with_password(name, PASSWORD, address=HERE)
        said.append(refusal.value.message)
    assert len(set(said)) == 1


def test_case_does_not_give_more_tries(scientist: User) -> None:
    fail("ada", 5)
    fail("ADA", 5)
    with pytest.raises(TooOften):
        with_password("Ada", PASSWORD, address=HERE)


@pytest.mark.parametrize("spelling", ["ſusi@example.org", "ＳＵＳＩ@example.org", "SUSİ@example.org"])
def test_a_spelling_that_only_a_database_takes_for_the_name_is_another_name(system: User, spelling: str) -> None:
    susi = create_person("susi", email="susi@example.org", password=PASSWORD, actor=system)
    assert with_password(spelling, PASSWORD, address=HERE) is None
    assert not Event.objects.filter(kind="sign_in.failed").exists()
    assert with_password("SUSI@Example.ORG", PASSWORD, address=HERE) == susi


def test_one_spelling_of_an_address_has_one_count(system: User) -> None:
    person = create_person("unal", email="U@Ünal.example", password=PASSWORD, actor=system)
    assert with_password("U@ÜNAL.example", PASSWORD, address=HERE) == person
    fail("u@ünal.example", 5)
    fail("U@ÜNAL.EXAMPLE", 5)
    with pytest.raises(TooOften):
        with_password("u@Ünal.example", PASSWORD, address=HERE)


def test_a_locked_name_costs_no_hash(scientist: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fail("ada", 10)

    def never(*args: object) -> bool:
        raise AssertionError("A password was hashed while the name was locked.")

    monkeypatch.setattr(authentication, "check_password", never)
    monkeypatch.setattr(authentication, "make_password", never)
    with pytest.raises(TooOften):
        with_password("ada", "wrong", address=HERE)


def test_a_password_that_was_right_a_moment_ago_does_not_go_around_the_lock(scientist: User) -> None:
    assert with_password("ada", PASSWORD, address=HERE)
    fail("ada", 10)
    with pytest.raises(TooOften):
        with_password("ada", PASSWORD, address=HERE)


def test_a_hundred_wrong_passwords_from_anywhere_lock_the_name_everywhere(scientist: User) -> None:
    for number in range(100):
        fail("ada", 1, address=f"198.51.100.{number}")
    with pytest.raises(TooOften) as refusal:
        with_password("ada", PASSWORD, address=HERE)
    assert 3000 < refusal.value.wait <= 3600
    assert with_password("ada@example.org", PASSWORD, address=HERE) == scientist


def test_two_hundred_wrong_passwords_lock_the_address_for_every_name(scientist: User, reviewer: User) -> None:
    for number in range(200):
        fail(f"name-{number}", 1)
    with pytest.raises(TooOften):
        with_password("ada", PASSWORD, address=HERE)
    assert with_password("ada", PASSWORD, address=ELSEWHERE) == scientist


def test_all_addresses_of_one_customer_are_one(scientist: User, settings: Settings) -> None:
    settings.SIGN_IN_LOCKS = {"name_and_address": (2, 900), "name": (100, 3600), "address": (200, 900)}
    fail("ada", 1, address="2001:db8:0:1::1")
    fail("ada", 1, address="2001:db8:0:1:ffff::2")
    with pytest.raises(TooOften):
        with_password("ada", PASSWORD, address="2001:db8:0:1::3")
    assert with_password("ada", PASSWORD, address="2001:db8:0:2::3") == scientist
    fail("ada", 1, address="::ffff:192.0.2.7")
    fail("ada", 1, address="192.0.2.7")
    with pytest.raises(TooOften):
        with_password("ada", PASSWORD, address="192.0.2.7")


def test_a_lock_ends_by_itself(scientist: User) -> None:
    fail("ada", 10)
    FailedSignIn.objects.update(at=timezone.now() - timedelta(minutes=14, seconds=30))
    with pytest.raises(TooOften) as refusal:
        with_password("ada", PASSWORD, address=HERE)
    assert "in 1 minute," in refusal.value.message
    FailedSignIn.objects.update(at=timezone.now() - timedelta(minutes=15, seconds=1))
    assert with_password("ada", PASSWORD, address=HERE) == scientist


def test_being_refused_does_not_make_the_lock_longer(scientist: User) -> None:
    fail("ada", 10)
    before = FailedSignIn.objects.count()
    for _ in range(20):
        with pytest.raises(TooOften):
            with_password("ada", "wrong", address=HERE)
    assert FailedSignIn.objects.count() == before


def test_a_success_forgets_this_pair_and_no_other(scientist: User, reviewer: User) -> None:
    fail("ada", 9)
    fail("ada", 3, address=ELSEWHERE)
    fail("grace", 9)
    assert with_password("ada", PASSWORD, address=HERE)
    assert FailedSignIn.objects.filter(address=HERE).count() == 9
    assert FailedSignIn.objects.filter(address=ELSEWHERE).count() == 3


def test_neither_the_name_nor_the_password_is_kept(scientist: User) -> None:
    fail("ada", 1)
    fail("my secret in the wrong field", 1)
    kept = [str(value) for row in FailedSignIn.objects.values() for value in row.values()]
    kept += [str(value) for row in Event.objects.values() for value in row.values()]
    assert not any("my secret" in value or value in ("ada@", "wrong") for value in kept)
    assert not FailedSignIn.objects.filter(name_digest__in=["ada", "wrong"]).exists()


def test_the_log_tells_of_failures_of_accounts_and_once_of_each_lock(scientist: User, system: User) -> None:
    fail("ada", 10)
    with pytest.raises(TooOften):
        with_password("ada", "wrong", address=HERE)
    fail("nobody", 10)
    lines = Event.objects.filter(kind__startswith="sign_in.").order_by("pk")
    assert [line.kind for line in lines] == ["sign_in.failed"] * 10 + ["sign_in.locked"]
    assert {(line.actor_id, line.subject_name) for line in lines} == {(system.pk, "ada")}
    assert lines[10].details == {"locked": "name and address"}


def test_a_typed_name_counts_against_nothing_but_names(scientist: User) -> None:
    fail(f"code of account {scientist.pk}", 5)
    assert not FailedSignIn.objects.filter(name_digest=digest_of(f"code of account {scientist.pk}")).exists()


def test_wrong_tokens_do_not_count(scientist: User) -> None:
    for _ in range(15):
        with pytest.raises(Unauthenticated):
            with_basic("ada", "gate_wrong", address=HERE)
    assert not FailedSignIn.objects.exists()


def test_a_sign_in_costs_one_query_for_the_count(scientist: User) -> None:
    with_password("ada", PASSWORD, address=HERE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert with_password("ada", PASSWORD, address=HERE)
    assert len(queries) == 2


def test_the_backend_of_the_pages_counts_by_the_address_of_the_request(scientist: User) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=HERE)
    for _ in range(10):
        assert authenticate(request, email="ada@example.org", password="wrong") is None
    with pytest.raises(TooOften):
        authenticate(request, email="ada@example.org", password=PASSWORD)
    assert authenticate(None, username="ada@example.org", password=PASSWORD) == scientist


def test_an_administrator_unlocks_name_and_e_mail(scientist: User, administrator: User) -> None:
    fail("ada", 10)
    fail("ADA@example.org", 10)
    with pytest.raises(Forbidden):
        unlock_account(scientist, actor=scientist)
    assert unlock_account(scientist, actor=administrator)
    for name in ("ada", "ada@example.org"):
        assert with_password(name, PASSWORD, address=HERE) == scientist
    assert Event.objects.latest("pk").kind == "sign_in.unlocked"
    assert not unlock_account(scientist, actor=administrator)
    assert Event.objects.filter(kind="sign_in.unlocked").count() == 1


def test_what_counts_no_more_is_forgotten(scientist: User, system: User) -> None:
    fail("ada", 2)
    FailedSignIn.objects.filter(pk=FailedSignIn.objects.first().pk).update(  # type: ignore[union-attr]
        at=timezone.now() - timedelta(hours=1, seconds=1)
    )
    assert sweep(actor=system) == 1
    assert FailedSignIn.objects.count() == 1
    sweep_task()


def test_sessions_that_are_over_are_cleared(scientist: User, system: User) -> None:
    open_one, over = sign_in(), sign_in()
    Session.objects.filter(session_key=over.session.session_key).update(expire_date=timezone.now())
    assert sweep(actor=system) == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == [open_one.session.session_key]
    assert UserSession.objects.count() == 1
    assert is_in(open_one)


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(
    client: Client, scientist: User, settings: Settings
) -> None:
    def try_from(forwarded: str) -> int:
        headers = {"authorization": "Basic YWRhOndyb25n", "x-forwarded-for": forwarded}
        return client.get("/api/v1/me", headers=headers).status_code

    for number in range(10):
        assert try_from(f"10.0.0.{number}, {HERE}") == 401
    settings.BEHIND_PROXY = True
    for number in range(10):
        assert try_from(f"10.0.0.{number}, {HERE}") in (401, 429)
    assert FailedSignIn.objects.filter(address=HERE).count() == 10
    assert try_from(f"10.0.0.1, {HERE}") == 429
    assert try_from(f"{HERE}, 203.0.113.5") == 401
    assert try_from("<script>") in (401, 429)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_forty_guesses_at_once_get_few_more_tries_than_the_limit(
    scientist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def slowly(password: str, encoded: str) -> bool:
        looked_at.append(password)
        return hashers.check_password(password, encoded)

    monkeypatch.setattr(authentication, "check_password", slowly)
    parallel = 4

    def guess_ten() -> int:
        refused = 0
        for number in range(10):
            try:
                assert with_password("ada", f"wrong {number}", address=HERE) is None
            except TooOften:
                refused += 1
        return refused

    refused = at_once(*[guess_ten] * parallel)
    assert all(isinstance(count, int) for count in refused), refused
    assert 10 <= len(looked_at) < 10 + parallel
    assert FailedSignIn.objects.count() == len(looked_at)
    assert Event.objects.filter(kind="sign_in.locked").count() == 1
    with pytest.raises(TooOften):
        with_password("ada", PASSWORD, address=HERE)
