"""Who may do what: the one decision that everything else rests on."""

from collections.abc import Callable

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from accounts import access
from accounts.models import Limit, Registry, User
from accounts.operations.people import create_service_account
from accounts.operations.teams import add_member, create_team, remove_member
from accounts.rights import RIGHTS_OF, SCOPE_FOR, Right, Role, Scope, roles_with, roles_with_on_own
from approvals.models import Decision, Promotion, Review
from approvals.operations.reviews import decide, request_review
from approvals.queries import policies_in_force
from events.models import Event
from lib.errors import Forbidden, NotFound
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.models import create_model
from registry.operations.placements import move_stage
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_experiment, new_logged_model, new_run

Things = dict[str, Model]


@pytest.fixture
def things(
    registry: Registry, version: ModelVersion, scientist: User, reviewer: User, stage: Callable[[str], Stage]
) -> Things:
    """One of everything that hangs on a registry, and a second model and experiment that are cut off from it."""
    review = request_review(version, stage=stage("Production"), actor=scientist)
    decision = decide(review, Decision.Verdict.APPROVE, actor=reviewer)
    secret_model = create_model(registry, "secret", actor=scientist)
    secret_version = register_files(secret_model, {"weights.txt": b"7"}, actor=scientist)
    secret_model.restricted = True
    secret_model.save(update_fields=["restricted"])
    experiment = new_experiment(registry, actor=scientist)
    secret_experiment = new_experiment(registry, actor=scientist)
    secret_experiment.restricted = True
    secret_experiment.save(update_fields=["restricted"])
    return {
        "registry": registry,
        "stage": stage("Staging"),
        "policy": policies_in_force(registry)[0],
        "model": version.model,
        "version": version,
        "placement": move_stage(version, stage("Staging"), actor=scientist) or version,
        "review": review,
        "decision": decision,
        "promotion": Promotion.objects.create(review=review),
        "experiment": experiment,
        "run": new_run(experiment, actor=scientist),
        "logged model": new_logged_model(experiment, actor=scientist),
        "restricted model": secret_model,
        "restricted version": secret_version,
        "restricted experiment": secret_experiment,
        "restricted run": new_run(secret_experiment, actor=scientist),
    }


# The decision knows a right by the roles that hold it, so of those with the same roles one is enough. What somebody
# has on their own things only is in test_own_things.
TRIED = list({tuple(roles_with(right)): right for right in Right if not roles_with_on_own(right)}.values())


def rights_on(actor: User, thing: Model) -> set[Right]:
    """What the actor may do to one thing."""
    return {right for right in TRIED if access.can(actor, right, thing)}


def rights_of(role: Role) -> set[Right]:
    """The same as the table of roles has it."""
    return set(TRIED) & RIGHTS_OF[role]


def rights(actor: User, things: Things) -> dict[str, set[Right]]:
    """What the actor may do to everything, after checking that `visible` says the same."""
    allowed = {name: rights_on(actor, thing) for name, thing in things.items()}
    for right in TRIED:
        for model in {type(thing) for thing in things.values()}:
            seen = set(access.visible(actor, model._base_manager.all(), right).values_list("pk", flat=True))
            for name, thing in things.items():
                if type(thing) is model:
                    assert (thing.pk in seen) == (right in allowed[name]), (name, right)
    return allowed


OPEN = {
    "registry", "stage", "policy", "model", "version", "placement", "review", "decision", "promotion", "experiment",
    "run", "logged model",
}  # fmt: skip
IN_MODEL = {"model", "version", "placement", "review", "decision", "promotion"}
IN_EXPERIMENT = {"experiment", "run", "logged model"}


def expected(role: Role, where: set[str], things: Things) -> dict[str, set[Right]]:
    """The rights of the role on the things in `where`, and none elsewhere."""
    return {name: rights_of(role) if name in where else set() for name in things}


@pytest.mark.parametrize(
    ("granted", "reached"),
    [
        ("registry", OPEN),
        ("model", IN_MODEL),
        ("experiment", IN_EXPERIMENT),
        ("restricted model", {"restricted model", "restricted version"}),
        ("restricted experiment", {"restricted experiment", "restricted run"}),
    ],
)
def test_a_role_reaches_what_hangs_on_the_thing_and_nothing_that_is_restricted(
    granted: str, reached: set[str], things: Things, member: Member
) -> None:
    # Which rights a role has and how far a grant reaches know nothing of each other.
    for role in Role if granted == "registry" else [Role.CONTRIBUTOR]:
        found = rights(member(role, things[granted]), things)
        assert found == expected(role, reached, things)


def test_a_stranger_has_no_right_on_anything(things: Things, stranger: User) -> None:
    assert not any(rights(stranger, things).values())


def test_an_administrator_has_every_right_on_everything(things: Things, administrator: User, system: User) -> None:
    assert all(found == set(TRIED) for found in rights(administrator, things).values())
    assert all(found == set(TRIED) for found in rights(system, things).values())


def test_nobody_who_is_inactive_has_any_right(things: Things, administrator: User, maintainer: User) -> None:
    for person in (administrator, maintainer):
        person.is_active = False
        person.save(update_fields=["is_active"])
        assert not any(rights(person, things).values())
        assert not access.can(person, Right.ADMINISTER, None)


def test_a_service_account_has_its_own_rights_and_not_those_of_its_owner(
    things: Things, maintainer: User, system: User
) -> None:
    account = create_service_account("robot", owner=maintainer, actor=system)
    assert not any(rights(account, things).values())
    access.grant(Role.READER, on=things["registry"], to=account, actor=maintainer)
    assert rights(account, things) == expected(Role.READER, OPEN, things)


def test_a_team_passes_its_role_on_to_its_members_while_they_are_in_it(
    things: Things, stranger: User, system: User
) -> None:
    team = create_team("fraud", actor=system)
    access.grant(Role.CONTRIBUTOR, on=things["registry"], to=team, actor=system)
    assert not any(rights(stranger, things).values())
    add_member(team, stranger, actor=system)
    assert rights(stranger, things) == expected(Role.CONTRIBUTOR, OPEN, things)
    remove_member(team, stranger, actor=system)
    assert not any(rights(stranger, things).values())


def test_roles_of_several_teams_add_up(things: Things, member: Member, system: User) -> None:
    person = member(Role.METADATA_READER, things["registry"])
    access.grant(Role.REVIEWER, on=things["model"], to=person, actor=system)
    found = rights(person, things)
    assert found["version"] == rights_of(Role.REVIEWER)
    assert found["run"] == rights_of(Role.METADATA_READER)


@pytest.mark.parametrize("scope", Scope)
def test_a_token_narrows_the_rights_of_its_owner_to_its_scopes(
    scope: Scope, things: Things, maintainer: User, administrator: User
) -> None:
    for person in (maintainer, administrator):
        person.scopes = frozenset({scope})
        for right in Right:
            if SCOPE_FOR[right] != scope:
                assert not access.can(person, right, things["model"])
                assert not access.visible(person, RegisteredModel.objects.all(), right).exists()
    assert access.can(administrator, Right.ADMINISTER, None) == (scope == Scope.ADMIN)


def test_a_token_without_the_scope_is_told_so(things: Things, maintainer: User) -> None:
    maintainer.scopes = frozenset({Scope.READ})
    with pytest.raises(Forbidden, match="scope “write”"):
        access.require(maintainer, Right.EDIT, things["model"])


@pytest.mark.parametrize("role", Role)
def test_what_cannot_be_done_is_refused(role: Role, model: RegisteredModel, member: Member) -> None:
    person = member(role, model)
    for right in Right:
        if right in RIGHTS_OF[role]:
            access.require(person, right, model)
        else:
            with pytest.raises(Forbidden):
                access.require(person, right, model)


def test_a_thing_that_may_not_be_seen_is_not_there(things: Things, stranger: User) -> None:
    with pytest.raises(NotFound, match="Model iris was not found"):
        access.require(stranger, Right.EDIT, things["model"])


def test_a_thing_that_may_be_seen_but_not_changed_is_forbidden(things: Things, member: Member) -> None:
    with pytest.raises(Forbidden, match="right “edit” on model iris"):
        access.require(member(Role.READER, things["registry"]), Right.EDIT, things["model"])


def test_nobody_administers_by_a_role(things: Things, maintainer: User) -> None:
    assert not roles_with(Right.ADMINISTER)
    with pytest.raises(Forbidden, match="this installation"):
        access.require(maintainer, Right.ADMINISTER, None)


def test_a_grant_replaces_the_role_that_was_there(registry: Registry, member: Member, system: User) -> None:
    person = member(Role.MAINTAINER, registry)
    access.grant(Role.READER, on=registry, to=person, actor=system)
    assert rights_on(person, registry) == rights_of(Role.READER)
    event = Event.objects.latest("pk")
    assert (event.kind, event.registry_id, event.details["role"]) == ("role.granted", registry.pk, "reader")


def test_a_revoked_role_is_gone(registry: Registry, member: Member, system: User) -> None:
    person = member(Role.MAINTAINER, registry)
    access.revoke(Role.MAINTAINER, on=registry, to=person, actor=system)
    assert not rights_on(person, registry)
    assert Event.objects.latest("pk").kind == "role.revoked"


def test_revoking_another_role_takes_nothing(registry: Registry, member: Member, system: User) -> None:
    person = member(Role.REVIEWER, registry)
    access.revoke(Role.READER, on=registry, to=person, actor=system)
    assert rights_on(person, registry) == rights_of(Role.REVIEWER)


def test_a_maintainer_gives_and_takes_roles_where_it_maintains(
    registry: Registry, maintainer: User, stranger: User, scientist: User
) -> None:
    with pytest.raises(Forbidden):
        access.grant(Role.READER, on=registry, to=stranger, actor=scientist)
    access.grant(Role.READER, on=registry, to=stranger, actor=maintainer)
    with pytest.raises(Forbidden):
        access.revoke(Role.READER, on=registry, to=stranger, actor=scientist)
    access.revoke(Role.READER, on=registry, to=stranger, actor=maintainer)
    assert not rights_on(stranger, registry)


def test_deciding_takes_one_query_and_a_list_no_more(
    things: Things, scientist: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert access.can(scientist, Right.EDIT, things["decision"])
    with django_assert_num_queries(1):
        assert list(access.visible(scientist, Review.objects.all()))


# Which of the things lie within which of them.
WITHIN = {
    "registry": {*OPEN, "restricted model", "restricted version", "restricted experiment", "restricted run"},
    "model": IN_MODEL,
    "restricted model": {"restricted model", "restricted version"},
    "experiment": IN_EXPERIMENT,
    "restricted experiment": {"restricted experiment", "restricted run"},
}


@pytest.mark.parametrize("limit", WITHIN)
def test_a_limited_token_has_the_rights_of_its_owner_on_one_thing_and_none_elsewhere(
    limit: str, things: Things, maintainer: User, administrator: User, system: User
) -> None:
    access.grant(Role.READER, on=things["restricted model"], to=maintainer, actor=system)
    auditor = User.objects.create(username="audrey", email="audrey@example.org", is_auditor=True)
    for person in (maintainer, administrator, auditor):
        whole = rights(person, things)
        person.limit = Limit(things[limit]._meta.label_lower, things[limit].pk)
        limited = rights(person, things)  # which also tells that `can` and `visible` agree
        within = {name: whole[name] - {Right.ADMINISTER} for name in WITHIN[limit]}
        assert limited == {name: within.get(name, set()) for name in things}
        for right in Right:
            assert not access.can(person, right, None)
            with pytest.raises(Forbidden):
                access.require(person, right, None)


def test_a_limit_to_what_is_gone_reaches_nothing(things: Things, administrator: User) -> None:
    for kind in ("accounts.registry", "registry.registeredmodel", "tracking.experiment", "no.such"):
        administrator.limit = Limit(kind, 10**9)
        assert not any(rights(administrator, things).values())


def test_a_limit_and_scopes_narrow_together(things: Things, maintainer: User) -> None:
    maintainer.limit = Limit("registry.registeredmodel", things["model"].pk)
    maintainer.scopes = frozenset({Scope.READ})
    found = rights(maintainer, things)
    allowed = {right for right in TRIED if SCOPE_FOR[right] == Scope.READ}
    assert found == {name: allowed if name in IN_MODEL else set() for name in things}


def test_a_limit_costs_no_query(
    things: Things, scientist: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scientist.limit = Limit("registry.registeredmodel", things["model"].pk)
    with django_assert_num_queries(1):
        assert access.can(scientist, Right.EDIT, things["decision"])
    with django_assert_num_queries(1):
        assert list(access.visible(scientist, Review.objects.all()))
