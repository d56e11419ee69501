"""Making, rotating and revoking API tokens."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.authentication import with_token
from accounts.models import ApiToken, Registry, User
from accounts.operations.people import create_person
from accounts.operations.registries import create_registry
from accounts.operations.tokens import create_token, revoke_token, revoke_tokens_of, rotate_token
from accounts.queries import all_tokens, find_account, find_token, machines_of, tokens_of
from accounts.rights import Scope
from events.models import Event
from lib.errors import Conflict, Forbidden, HouseError, Invalid, NotFound, Unauthenticated
from registry.models import ModelVersion, RegisteredModel
from tests.accounts.at_once import at_once
from tests.conftest import PASSWORD


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


@pytest.mark.parametrize("life", [timedelta(0), -timedelta(days=1), timedelta(days=366, minutes=1)])
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


def test_administrators_sign_in_as_machines_and_as_nobody_else(
    administrator: User, scientist: User, ci_account: User
) -> None:
    own, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    with pytest.raises(Forbidden, match="Only the person"):
        create_token(scientist, name="x", scopes=[Scope.READ], actor=administrator)
    with pytest.raises(Forbidden, match="Only the person"):
        rotate_token(own, actor=administrator)
    assert own.is_open
    token, _ = create_token(ci_account, name="x", scopes=[Scope.READ], actor=administrator)
    rotate_token(token, actor=administrator)
    revoke_token(own, actor=administrator)


def test_an_auditor_changes_no_machine_of_theirs(scientist: User, ci_account: User) -> None:
    token, _ = create_token(ci_account, name="x", scopes=[Scope.READ], actor=scientist)
    scientist.is_auditor = True
    refused: list[Callable[[], object]] = [
        lambda: create_token(ci_account, name="x", scopes=[Scope.READ], actor=scientist),
        lambda: rotate_token(token, actor=scientist),
        lambda: revoke_token(token, actor=scientist),
        lambda: revoke_tokens_of(ci_account, actor=scientist),
    ]
    for call in refused:
        with pytest.raises(Forbidden):
            call()
    create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)


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


# ---- one thing only


def test_a_token_is_limited_to_what_its_maker_sees(
    scientist: User, stranger: User, registry: Registry, model: RegisteredModel
) -> None:
    for thing, shown in ((registry, "main"), (model, "main/iris")):
        token, secret = create_token(scientist, name="x", scopes=[Scope.READ], limit=thing, actor=scientist)
        assert token.limit_name == shown
        assert with_token(secret).limit == token.limit
        assert Event.objects.latest("pk").details["limit"] == shown
        with pytest.raises(NotFound):
            create_token(stranger, name="x", scopes=[Scope.READ], limit=thing, actor=stranger)


def test_a_token_is_not_limited_to_what_nobody_has_roles_on(administrator: User, version: ModelVersion) -> None:
    for thing in (version, administrator):
        with pytest.raises(Invalid) as refusal:
            create_token(administrator, name="x", scopes=[Scope.READ], limit=thing, actor=administrator)
        assert refusal.value.field == "limit"


@pytest.mark.parametrize("name", ["ada", "root"])
def test_a_limited_token_has_no_say_over_tokens_and_accounts(
    name: str, administrator: User, registry: Registry, ci_account: User
) -> None:
    person = User.objects.get(username=name)
    own, _ = create_token(person, name="own", scopes=[Scope.READ], actor=person)
    limited = with_token(create_token(person, name="x", scopes=list(Scope), limit=registry, actor=person)[1])
    lines = Event.objects.count()
    for refused in (
        lambda: create_token(person, name="y", scopes=[Scope.READ], limit=registry, actor=limited),
        lambda: create_token(ci_account, name="y", scopes=[Scope.READ], actor=limited),
        lambda: rotate_token(own, actor=limited),
        lambda: revoke_token(own, actor=limited),
        lambda: revoke_tokens_of(person, actor=limited),
        lambda: create_person("new", email="new@example.org", password=PASSWORD, actor=limited),
        lambda: create_registry("other", actor=limited),
        lambda: tokens_of(limited),
        lambda: all_tokens(actor=limited),
        lambda: machines_of(limited),
    ):
        with pytest.raises(Forbidden):
            refused()
    for other in ("ci", "stranger", "ada" if name == "root" else "root"):
        with pytest.raises(NotFound):
            find_account(other, actor=limited)
    assert Event.objects.count() == lines


# ---- the longest life


def test_the_longest_life_is_a_setting_of_its_own_for_machines(
    scientist: User, ci_account: User, settings: Settings
) -> None:
    settings.TOKEN_LONGEST_LIFE_DAYS, settings.TOKEN_LONGEST_LIFE_DAYS_SERVICE = 30, 7
    for owner, days in ((scientist, 30), (ci_account, 7)):
        ends = timezone.now() + timedelta(days=days)
        token, _ = create_token(owner, name="x", scopes=[Scope.READ], expires_at=ends, actor=scientist)
        assert token.ends_at == ends or token.ends_at == token.created_at + timedelta(days=days)
        default, _ = create_token(owner, name="x", scopes=[Scope.READ], actor=scientist)
        assert default.ends_at - default.created_at == timedelta(days=days)
        with pytest.raises(Invalid, match=f"within {days} days") as refusal:
            create_token(owner, name="x", scopes=[Scope.READ], expires_at=ends + timedelta(minutes=1), actor=scientist)
        assert refusal.value.field == "expires_at"


def test_a_token_ends_sooner_when_the_policy_becomes_stricter(scientist: User, settings: Settings) -> None:
    token, secret = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    for expires_at in (token.expires_at, None):
        settings.TOKEN_LONGEST_LIFE_DAYS = 366
        created = timezone.now() - timedelta(days=10)
        ApiToken.objects.filter(pk=token.pk).update(created_at=created, expires_at=expires_at)
        assert with_token(secret) == scientist
        settings.TOKEN_LONGEST_LIFE_DAYS = 9
        with pytest.raises(Unauthenticated):
            with_token(secret)
        token.refresh_from_db()
        assert token.ends_at == created + timedelta(days=9)
        assert token.state == ApiToken.State.EXPIRED
        assert list(ApiToken.objects.filter(ApiToken.in_state(ApiToken.State.EXPIRED))) == [token]
        assert not ApiToken.objects.filter(ApiToken.in_state(ApiToken.State.OPEN)).exists()


def test_states_in_lists_are_those_of_the_rows(
    scientist: User, ci_account: User, administrator: User, settings: Settings
) -> None:
    settings.TOKEN_LONGEST_LIFE_DAYS, settings.TOKEN_LONGEST_LIFE_DAYS_SERVICE = 100, 10
    now = timezone.now()
    for owner in (scientist, ci_account):
        for age in (0, 9, 11, 99, 101):
            for expires_at in (None, now - timedelta(hours=1), now + timedelta(days=1), now + timedelta(days=1000)):
                for revoked_at in (None, now):
                    made, _ = ApiToken.fresh(owner, name="x", scopes=[], limit=None, ends=now, created=now)
                    made.expires_at, made.revoked_at = expires_at, revoked_at
                    made.created_at = now - timedelta(days=age)
                    made.save()
    for state in ApiToken.State:
        listed = {token.pk for token in all_tokens(actor=administrator, state=state)}
        assert listed == {token.pk for token in ApiToken.objects.select_related("owner") if token.state == state}
        assert listed


def test_one_sentence_for_every_token_that_signs_nobody_in(scientist: User) -> None:
    said = set()
    secrets = [create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist) for _ in range(3)]
    ApiToken.objects.filter(pk=secrets[0][0].pk).update(expires_at=timezone.now())
    revoke_token(secrets[1][0], actor=scientist)
    scientist.is_active = False
    scientist.save(update_fields=["is_active"])
    for secret in (*[secret for _, secret in secrets], "gate_unknown", "", "gate_é", "x" * 100_000, "\0"):
        with pytest.raises(Unauthenticated) as refusal:
            with_token(secret)
        said.add(refusal.value.message)
    assert len(said) == 1


# ---- rotation


def test_a_rotated_token_is_like_the_old_one(scientist: User, registry: Registry) -> None:
    ends = timezone.now() + timedelta(days=17)
    old, old_secret = create_token(
        scientist, name="laptop", scopes=[Scope.READ, Scope.WRITE], expires_at=ends, limit=registry, actor=scientist
    )
    new, secret = rotate_token(old, overlap=timedelta(hours=2), actor=scientist)
    assert (new.name, new.scopes, new.limit, new.limit_name) == (old.name, old.scopes, old.limit, old.limit_name)
    assert new.ends_at - new.created_at == old.ends_at - old.created_at
    assert new.replaces == old
    assert with_token(secret) == with_token(old_secret) == scientist
    old.refresh_from_db()
    assert old.ends_at == new.created_at + timedelta(hours=2)
    line = Event.objects.latest("pk")
    assert (line.kind, line.subject_id, line.details["replaces"]) == ("token.rotated", new.pk, old.prefix)
    assert secret not in f"{vars(line)}"


def test_without_an_overlap_the_old_token_ends_at_once(scientist: User) -> None:
    old, old_secret = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    _, secret = rotate_token(old, actor=scientist)
    assert with_token(secret) == scientist
    with pytest.raises(Unauthenticated):
        with_token(old_secret)


def test_an_overlap_lengthens_no_life(scientist: User) -> None:
    ends = timezone.now() + timedelta(hours=1)
    old, _ = create_token(scientist, name="x", scopes=[Scope.READ], expires_at=ends, actor=scientist)
    rotate_token(old, overlap=timedelta(hours=168), actor=scientist)
    old.refresh_from_db()
    assert old.expires_at == ends


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(hours=168, seconds=1), timedelta(days=400)])
def test_an_overlap_has_bounds(scientist: User, overlap: timedelta) -> None:
    old, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    with pytest.raises(Invalid) as refusal:
        rotate_token(old, overlap=overlap, actor=scientist)
    assert refusal.value.field == "overlap_hours"
    assert ApiToken.objects.count() == 1


def test_what_cannot_be_rotated(scientist: User, reviewer: User, settings: Settings) -> None:
    def fresh() -> ApiToken:
        return create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)[0]

    def ended(at: datetime) -> ApiToken:
        token = fresh()
        ApiToken.objects.filter(pk=token.pk).update(expires_at=at)
        return token

    revoked, rotated = fresh(), fresh()
    revoke_token(revoked, actor=scientist)
    rotate_token(rotated, overlap=timedelta(hours=1), actor=scientist)
    for token in (revoked, rotated, ended(timezone.now() - timedelta(minutes=1))):
        with pytest.raises(Conflict):
            rotate_token(token, actor=scientist)
    with pytest.raises(Forbidden):
        rotate_token(fresh(), actor=reviewer)


def test_a_token_rotates_none_with_more_scopes(scientist: User) -> None:
    strong, _ = create_token(scientist, name="x", scopes=list(Scope), actor=scientist)
    scientist.scopes = frozenset({Scope.ADMIN, Scope.READ})
    with pytest.raises(Forbidden):
        rotate_token(strong, actor=scientist)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_rotations_at_once_one_wins(scientist: User) -> None:
    old, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    overlap = timedelta(hours=1)
    results = at_once(*[lambda: rotate_token(old, overlap=overlap, actor=scientist)] * 2)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True], results
    assert ApiToken.objects.count() == 2


# ---- all at once


def test_all_tokens_of_an_account_end_at_once(
    scientist: User, reviewer: User, administrator: User, ci_account: User
) -> None:
    secrets = [create_token(owner, name="x", scopes=[Scope.READ], actor=scientist)[1] for owner in [scientist] * 3]
    kept = create_token(ci_account, name="x", scopes=[Scope.READ], actor=scientist)[1]
    with pytest.raises(Forbidden):
        revoke_tokens_of(scientist, actor=reviewer)
    assert revoke_tokens_of(scientist, actor=administrator) == 3
    for secret in secrets:
        with pytest.raises(Unauthenticated):
            with_token(secret)
    assert with_token(kept) == ci_account
    line = Event.objects.latest("pk")
    assert (line.kind, line.subject_name, line.details["count"]) == ("token.all_revoked", "ada", 3)
    assert revoke_tokens_of(ci_account, actor=scientist) == 1
    assert revoke_tokens_of(ci_account, actor=scientist) == 0


def test_an_auditor_sees_all_tokens_and_revokes_none(scientist: User) -> None:
    token, _ = create_token(scientist, name="x", scopes=[Scope.READ], actor=scientist)
    auditor = User.objects.create(username="audrey", email="audrey@example.org", is_auditor=True)
    assert list(all_tokens(actor=auditor)) == [token]
    assert find_token(token.pk, actor=auditor) == token
    for refused in (
        lambda: revoke_token(token, actor=auditor),
        lambda: revoke_tokens_of(scientist, actor=auditor),
        lambda: rotate_token(token, actor=auditor),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_a_token_without_the_scope_admin_lists_no_tokens(scientist: User) -> None:
    scientist.scopes = frozenset({Scope.READ, Scope.WRITE})
    with pytest.raises(Forbidden):
        tokens_of(scientist)
