"""Roles end by themselves."""

from datetime import timedelta

from django.utils import timezone

from accounts import access
from accounts.models import Registry, RegistryGrant, User
from accounts.operations.grants import end_grants
from accounts.reach.effective_roles import grant_tables, grants_table_of
from accounts.rights import Right, Role
from accounts.tasks import end_grants as task
from events.models import Event
from registry.models import RegisteredModel
from tests.conftest import Member
from tests.factories.tracking import new_experiment


def test_roles_past_their_end_go_from_every_table_and_the_log_hears_of_it(
    model: RegisteredModel, registry: Registry, scientist: User, stranger: User, system: User
) -> None:
    things = [registry, model, new_experiment(registry, actor=scientist)]
    for thing in things:
        access.grant(Role.READER, on=thing, to=stranger, ends_at=timezone.now() + timedelta(days=1), actor=system)
        over(thing, stranger)
    assert not access.can(stranger, Right.SEE, model)
    kept = sum(table.objects.count() for table in grant_tables()) - len(things)
    assert end_grants(actor=system) == len(things)
    assert sum(table.objects.count() for table in grant_tables()) == kept
    lines = Event.objects.filter(kind="role.ended").order_by("pk")
    assert {line.subject_name for line in lines} == {str(thing) for thing in things}
    assert {(line.actor_name, line.registry_id, line.details["team"]) for line in lines} == {
        ("system", registry.pk, "person:stranger")
    }
    assert end_grants(actor=system) == 0


def test_a_role_that_was_given_a_later_end_stays(registry: Registry, stranger: User, system: User) -> None:
    access.grant(Role.READER, on=registry, to=stranger, ends_at=timezone.now() + timedelta(days=1), actor=system)
    over(registry, stranger)
    access.grant(Role.READER, on=registry, to=stranger, ends_at=timezone.now() + timedelta(days=9), actor=system)
    task()
    assert access.can(stranger, Right.SEE, registry)
    assert not Event.objects.filter(kind="role.ended").exists()


def test_the_task_goes_on_until_nothing_is_left(registry: Registry, member: Member) -> None:
    for _ in range(3):
        member(Role.READER, registry)
    RegistryGrant.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    task()
    assert not RegistryGrant.objects.exists()


def over(thing: object, person: User) -> None:
    """The role of this person ended a minute ago."""
    rows = grants_table_of(thing).objects.filter(content_object=thing, group__user=person)
    rows.update(ends_at=timezone.now() - timedelta(minutes=1))
