"""What contributors may change because it is their own, and what auditors see without changing anything."""

from collections.abc import Callable

import pytest
from django.db.models import Model

from accounts import access
from accounts.models import Registry, User
from accounts.rights import AUDITOR_RIGHTS, Right, Role
from lib.errors import Forbidden
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, describe_model
from registry.operations.versions import describe_version
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking.operations.measurements import log_batch


def may_edit(actor: User, thing: Model) -> bool:
    """What `can` says, after checking that `visible` says the same."""
    answer = access.can(actor, Right.EDIT, thing)
    assert access.visible(actor, type(thing)._base_manager.filter(pk=thing.pk), Right.EDIT).exists() == answer
    return answer


@pytest.fixture
def colleague(member: Member, registry: Registry) -> User:
    return member(Role.CONTRIBUTOR, registry, name="bob")


@pytest.fixture
def theirs(registry: Registry, version: ModelVersion, scientist: User) -> list[Model]:
    """One of everything that a contributor makes."""
    experiment = new_experiment(registry, actor=scientist)
    run, logged_model = new_run(experiment, actor=scientist), new_logged_model(experiment, actor=scientist)
    return [version.model, version, experiment, run, logged_model]


def test_what_somebody_made_is_theirs_and_not_their_colleagues(
    theirs: list[Model], scientist: User, colleague: User, maintainer: User
) -> None:
    for thing in theirs:
        assert may_edit(scientist, thing), thing
        assert not may_edit(colleague, thing), thing
        assert may_edit(maintainer, thing), thing


def test_what_a_service_account_made_is_also_its_owners(
    registry: Registry, ci_account: User, scientist: User, colleague: User
) -> None:
    model = create_model(registry, "nightly", actor=ci_account)
    assert may_edit(ci_account, model)
    assert may_edit(scientist, model)
    assert not may_edit(colleague, model)


def test_what_a_person_made_is_not_their_service_accounts(theirs: list[Model], ci_account: User) -> None:
    assert not any(may_edit(ci_account, thing) for thing in theirs)


def test_who_owns_the_whole_edits_its_parts(
    model: RegisteredModel, registry: Registry, scientist: User, colleague: User
) -> None:
    version = register_files(model, {"weights.txt": b"7"}, actor=colleague)
    run = new_run(new_experiment(registry, actor=scientist), actor=colleague)
    for thing in (version, run):
        assert may_edit(colleague, thing)
        assert may_edit(scientist, thing)


def test_making_a_thing_gives_nothing_without_a_role(
    theirs: list[Model], registry: Registry, scientist: User, system: User
) -> None:
    access.grant(Role.READER, on=registry, to=scientist, actor=system)
    assert not any(may_edit(scientist, thing) for thing in theirs)
    access.revoke(Role.READER, on=registry, to=scientist, actor=system)
    assert not any(may_edit(scientist, thing) for thing in theirs)


def test_a_colleague_registers_versions_and_logs_runs_but_changes_nobody_elses(
    version: ModelVersion, registry: Registry, scientist: User, colleague: User
) -> None:
    run = new_run(new_experiment(registry, actor=scientist), actor=scientist)
    assert register_files(version.model, {"weights.txt": b"8"}, actor=colleague).number == 2
    assert new_run(run.experiment, actor=colleague).created_by == colleague
    with pytest.raises(Forbidden, match="does not include the right “edit” on model iris"):
        describe_model(version.model, "mine now", actor=colleague)
    with pytest.raises(Forbidden):
        describe_version(version, "mine now", actor=colleague)
    with pytest.raises(Forbidden):
        log_batch(run, params=[("a", "1")], actor=colleague)


@pytest.fixture
def auditor(stranger: User) -> User:
    stranger.is_auditor = True
    stranger.save(update_fields=["is_auditor"])
    return stranger


def test_an_auditor_reads_everything_and_changes_nothing(
    theirs: list[Model], registry: Registry, auditor: User, system: User
) -> None:
    access.grant(Role.MAINTAINER, on=registry, to=auditor, actor=system)
    for thing in [registry, *theirs]:
        for right in Right:
            allowed = right in AUDITOR_RIGHTS
            assert access.can(auditor, right, thing) == allowed, (thing, right)
            assert access.visible(auditor, type(thing)._base_manager.all(), right).exists() == allowed
    for right in Right:
        assert access.can(auditor, right, None) == (right in AUDITOR_RIGHTS)


def test_asking_for_own_things_takes_one_query(
    theirs: list[Model], scientist: User, django_assert_num_queries: Callable[..., object]
) -> None:
    for thing in theirs:
        with django_assert_num_queries(1):  # type: ignore[attr-defined]
            assert access.can(scientist, Right.EDIT, thing)
