"""Creating registries, and what other floors put into a new one."""

import pytest

from accounts.models import Registry, User
from accounts.operations.registries import LONGEST_DESCRIPTION, create_registry, describe_registry
from accounts.queries import default_registry, find_registry
from approvals.queries import policies_in_force
from events.kinds import Kind
from events.models import Event
from lib.errors import AlreadyExists, Forbidden, Invalid, NotFound
from registry.queries import stages_of
from tracking.models import Experiment


def test_a_new_registry_is_furnished(system: User) -> None:
    registry = create_registry("fraud", actor=system)
    assert [stage.name for stage in stages_of(registry)] == ["None", "Staging", "Production", "Archived"]
    assert [(policy.stage, policy.alias) for policy in policies_in_force(registry)] == [
        ("Production", ""),
        ("", "champion"),
    ]
    assert Experiment.objects.get(registry=registry).is_default


@pytest.mark.parametrize("name", ["", "Main", "a b", "a/b", "a_b", "-a", "a-", "..", "a.b", "ä", "a\n", "x" * 64])
def test_a_bad_name_makes_no_registry(system: User, name: str) -> None:
    lines = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        create_registry(name, actor=system)
    assert refusal.value.field == "name"
    assert not Registry.objects.exists()
    assert Event.objects.count() == lines


def test_a_name_is_taken_once_and_one_registry_is_the_default(registry: Registry, system: User) -> None:
    with pytest.raises(AlreadyExists):
        create_registry("main", actor=system)
    with pytest.raises(AlreadyExists):
        create_registry("other", is_default=True, actor=system)
    assert Registry.objects.get() == registry


def test_only_an_administrator_creates_registries(maintainer: User, stranger: User) -> None:
    for actor in (maintainer, stranger):
        with pytest.raises(Forbidden):
            create_registry("mine", actor=actor)


def test_a_maintainer_describes_a_registry_and_the_log_tells_of_it(
    registry: Registry, maintainer: User, scientist: User, stranger: User
) -> None:
    describe_registry(registry, "Models for fraud", actor=maintainer)
    assert Registry.objects.get().description == "Models for fraud"
    line = Event.objects.get(kind=Kind.REGISTRY_CHANGED)
    assert line.details == {"before": {"description": ""}, "after": {"description": "Models for fraud"}}
    for actor, refusal in ((scientist, Forbidden), (stranger, NotFound)):
        with pytest.raises(refusal):
            describe_registry(registry, "Mine", actor=actor)
    with pytest.raises(Invalid):
        describe_registry(registry, "x" * (LONGEST_DESCRIPTION + 1), actor=maintainer)


def test_a_registry_that_may_not_be_seen_is_not_there(registry: Registry, scientist: User, stranger: User) -> None:
    assert find_registry("main", actor=scientist) == default_registry(actor=scientist) == registry
    for name in ("main", "nothing"):
        with pytest.raises(NotFound, match=f"Registry {name} was not found"):
            find_registry(name, actor=stranger)
    with pytest.raises(NotFound):
        default_registry(actor=stranger)
