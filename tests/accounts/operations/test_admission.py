"""Letting jobs in, and whom not: the second half of the operations on trusts."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts import access
from accounts.authentication import with_token
from accounts.models import ApiToken, Limit, Registry, TrustedWorkload, UsedIdentityToken, User
from accounts.operations import trusts
from accounts.operations.registries import create_registry
from accounts.operations.tokens import rotate_token
from accounts.operations.trusts import admit_workload, end_trust
from accounts.rights import Right, Role, Scope
from events.models import Event
from lib.errors import Conflict, Unauthenticated
from tests.accounts.at_once import at_once
from tests.accounts.operations.conftest import JOB, Trust
from tests.services import oidc_provider
from tests.services.issuer import Issuer


def admitted(text: str, system: User, **names: str) -> tuple[ApiToken, str]:
    """The token that a job gets."""
    token, secret, _ = admit_workload(text, actor=system, **names)
    return token, secret


def test_a_job_gets_a_token_for_the_registry_and_an_hour(
    trust: Trust, issuer: Issuer, registry: Registry, robot: User, system: User
) -> None:
    trust()
    text = issuer.token(JOB)
    token, secret = admitted(text, system)
    actor = with_token(secret)
    assert (actor, actor.scopes, actor.limit) == (
        robot,
        frozenset({Scope.READ, Scope.WRITE}),
        Limit("accounts.registry", registry.pk),
    )
    assert token.name == "training: acme/model 77"
    assert token.ends_at - token.created_at == timedelta(hours=1)
    assert access.can(actor, Right.REGISTER, registry)
    line = Event.objects.latest("pk")
    assert (line.kind, line.actor_name, line.registry_id) == ("workload.admitted", "robot", registry.pk)
    assert line.details["claims"]["repository"] == "'acme/model'"
    assert TrustedWorkload.objects.get().last_used_at
    for line in Event.objects.all():
        assert secret not in f"{vars(line)}"
        assert text.rpartition(".")[2] not in f"{vars(line)}"


def test_a_provider_that_is_not_ours_is_understood(
    trust: Trust, settings: Settings, system: User, tmp_path: Path, robot: User
) -> None:
    settings.ISSUERS_INSIDE = ["127.0.0.1"]
    with oidc_provider.serve(tmp_path) as provider:
        trust(issuer=provider.issuer)
        assert with_token(admitted(provider.token(JOB), system)[1]) == robot
        for forged in (
            provider.token(JOB, key="unpublished"),
            provider.token(JOB, alg="none"),
            provider.token(JOB, alg="HS256"),
            provider.token({**JOB, "aud": "x"}),
            provider.token(JOB, life=-300),
        ):
            with pytest.raises(Unauthenticated):
                admitted(forged, system)
    assert Event.objects.filter(kind="workload.refused").count() >= 4


Refusals = Callable[[str, str], None]


@pytest.fixture
def refusals(system: User) -> Refusals:
    """Checks that a token is refused with the sentence for all, one line with the reason, and no other row."""

    def check(text: str, reason: str, **names: str) -> None:
        before = ApiToken.objects.count(), UsedIdentityToken.objects.count(), Event.objects.count()
        with pytest.raises(Unauthenticated) as refusal:
            admitted(text, system, **names)
        assert refusal.value.message == "The identity token was refused."
        assert refusal.value.__cause__ is None
        assert (ApiToken.objects.count(), UsedIdentityToken.objects.count()) == before[:2]
        if reason:
            assert Event.objects.count() == before[2] + 1
            line = Event.objects.latest("pk")
            assert (line.kind, line.actor_name) == ("workload.refused", "system")
            assert reason in line.reason
            assert text.rpartition(".")[2][:40] not in f"{vars(line)}"
        else:
            assert Event.objects.count() == before[2]

    return check


def test_every_wrong_token_is_refused_and_written_down(trust: Trust, issuer: Issuer, refusals: Refusals) -> None:
    trust()
    now = int(time.time())
    refusals(issuer.token({**JOB, "aud": "another"}), "audience")
    refusals(issuer.token({**JOB, "exp": now - 100}), "expired")
    refusals(issuer.token({**JOB, "nbf": now + 100}), "not valid yet")
    refusals(issuer.token({**JOB, "iat": now - 4000}), "too long ago")
    refusals(issuer.token({**JOB, "repository": "evil/model"}), "'evil/model'")
    refusals(issuer.token({**JOB, "ref": "refs/tags/v1"}), "'refs/tags/v1'")
    refusals(issuer.token({**JOB, "repository": None}), "None")
    refusals(issuer.token({**JOB, "repository": "x\n\0" * 300}), "repository")
    assert issuer.asked == []
    refusals(issuer.token(JOB, key=issuer.make_key("RS256")), "signature")
    refusals(issuer.token(JOB, kid="other", key=issuer.make_key("RS256")), "no key 'other'")
    refusals(issuer.unsigned(JOB), "'none'")
    refusals(issuer.unsigned(JOB, "HS256"), "'HS256'")
    refusals(issuer.unsigned(JOB, "RS256"), "signature")


def test_what_nobody_trusts_leaves_no_line_and_asks_nobody(trust: Trust, issuer: Issuer, refusals: Refusals) -> None:
    trust()
    refusals(issuer.token({**JOB, "iss": "https://evil.example"}), "")
    refusals(issuer.token({**JOB, "iss": issuer.address + "/"}), "")
    refusals(issuer.token({**JOB, "iss": "\0"}), "")
    refusals("garbage", "")
    refusals("", "")
    refusals("a.b.c" * 100_000, "")
    assert issuer.asked == []


def test_an_identity_token_is_taken_once(trust: Trust, issuer: Issuer, refusals: Refusals, system: User) -> None:
    trust()
    for text in (issuer.token(JOB), issuer.token({**JOB, "jti": "7"})):
        admitted(text, system)
        refusals(text, "exchanged before")
    refusals(issuer.token({**JOB, "jti": "7", "run_id": "78"}), "exchanged before")
    admitted(issuer.token({**JOB, "jti": "8"}), system)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_exchanges_at_once_one_wins(trust: Trust, issuer: Issuer, system: User) -> None:
    trust()
    text = issuer.token(JOB)
    results = at_once(*[lambda: admitted(text, system)] * 2)
    assert sorted(isinstance(result, Unauthenticated) for result in results) == [False, True], results
    assert ApiToken.objects.count() == UsedIdentityToken.objects.count() == 1
    assert Event.objects.filter(kind="workload.admitted").count() == 1
    assert Event.objects.filter(kind="workload.refused").count() == 1


def test_an_ended_trust_lets_nobody_in_and_ends_what_it_gave(
    trust: Trust, issuer: Issuer, refusals: Refusals, system: User, maintainer: User
) -> None:
    made = trust()
    _, secret = admitted(issuer.token(JOB), system)
    end_trust(made, actor=maintainer)
    assert Event.objects.latest("pk").details == {"tokens": 1}
    with pytest.raises(Unauthenticated):
        with_token(secret)
    refusals(issuer.token({**JOB, "run_id": "78"}), "has ended")


def test_an_account_that_lost_its_place_lets_nobody_in(
    trust: Trust, issuer: Issuer, refusals: Refusals, system: User, registry: Registry, robot: User
) -> None:
    trust()
    access.revoke(Role.CONTRIBUTOR, on=registry, to=robot, actor=system)
    refusals(issuer.token(JOB), "no role")
    access.grant(Role.CONTRIBUTOR, on=registry, to=robot, actor=system)
    User.objects.filter(pk=robot.pk).update(is_active=False)
    refusals(issuer.token(JOB), "not active")
    User.objects.filter(pk=robot.pk).update(is_active=True)
    admitted(issuer.token(JOB), system)


def test_names_choose_among_trusts_and_unknown_ones_answer_alike(
    trust: Trust, issuer: Issuer, refusals: Refusals, system: User, administrator: User, robot: User
) -> None:
    trust()
    other = create_registry("other", actor=system)
    access.grant(Role.READER, on=other, to=robot, actor=system)
    trust(registry=other, actor=administrator)
    refusals(issuer.token(JOB), "several trusts")
    for names in (
        {"registry": "none"},
        {"account": "nobody"},
        {"registry": "main", "account": "ci"},
        {"registry": "\0"},
    ):
        with pytest.raises(Unauthenticated, match=r"^The identity token was refused\.$"):
            admitted(issuer.token(JOB), system, **names)
    token, _ = admitted(issuer.token(JOB), system, registry="other", account="robot")
    assert token.limit_name == "other"


def test_maintainers_read_only_of_what_was_meant_for_their_registry(
    trust: Trust, issuer: Issuer, refusals: Refusals, system: User, administrator: User, robot: User
) -> None:
    trust()
    other = create_registry("other", actor=system)
    access.grant(Role.READER, on=other, to=robot, actor=system)
    trust(registry=other, actor=administrator, claims={"repository": "other/secret", "ref": "refs/heads/main"})
    refusals(issuer.token({**JOB, "repository": "other/secret", "ref": "refs/heads/try"}), "ref")
    assert Event.objects.latest("pk").registry_id == other.pk
    refusals(issuer.token({**JOB, "repository": "third/secret"}), "third/secret")
    assert Event.objects.latest("pk").registry_id is None


def test_a_flood_of_refusals_is_not_written_down_without_end(
    trust: Trust, issuer: Issuer, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust()
    monkeypatch.setattr(trusts, "NOTED_A_MINUTE", 3)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            admitted(issuer.token({**JOB, "aud": "another"}), system)
    assert Event.objects.filter(kind="workload.refused").count() == 3
    admitted(issuer.token(JOB), system)


def test_what_is_long_over_is_cleared_away(trust: Trust, issuer: Issuer, system: User) -> None:
    trust()
    admitted(issuer.token(JOB), system)
    long_ago = timezone.now() - timedelta(days=8)
    ApiToken.objects.update(created_at=long_ago, expires_at=long_ago)
    UsedIdentityToken.objects.update(ends_at=long_ago)
    new, _ = admitted(issuer.token({**JOB, "run_id": "78"}), system)
    assert list(ApiToken.objects.all()) == [new]
    assert UsedIdentityToken.objects.count() == 1


def test_the_token_of_a_job_is_not_rotated(trust: Trust, issuer: Issuer, system: User, maintainer: User) -> None:
    trust()
    token, _ = admitted(issuer.token(JOB), system)
    with pytest.raises(Conflict):
        rotate_token(token, actor=maintainer)
