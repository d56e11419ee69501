"""A place that is protected while somebody moves a version there."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.rights import Role
from lib.errors import HouseError
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations.placements import move_alias, move_stage, remove_alias
from registry.operations.protections import protect_place

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.mark.parametrize("what", ["stage", "alias", "removal"])
def test_a_move_that_waited_sees_the_protection_of_meanwhile(
    version: ModelVersion, scientist: User, maintainer: User, stage: Callable[[str], Stage], what: str
) -> None:
    move_alias(version, "red", actor=scientist)
    staging, registry = stage("Staging"), version.model.registry
    outcome: list[str] = []

    def move() -> None:
        try:
            if what == "stage":
                move_stage(version, staging, actor=scientist)
            elif what == "alias":
                move_alias(version, "blue", actor=scientist)
            else:
                remove_alias(version.model, "red", actor=scientist)
            outcome.append("moved")
        except HouseError as refusal:
            outcome.append(type(refusal).__name__)
        finally:
            connection.close()

    moving = threading.Thread(target=move)
    with transaction.atomic():
        RegisteredModel.objects.select_for_update().get(pk=version.model_id)
        moving.start()
        moving.join(0.5)
        assert moving.is_alive()
        roles = [Role.MAINTAINER]
        if what == "stage":
            protect_place(registry, stage=staging, roles=roles, actor=maintainer)
        else:
            protect_place(registry, alias="blue" if what == "alias" else "red", roles=roles, actor=maintainer)
    moving.join()
    assert outcome == ["Forbidden"]
    assert [placement.alias for placement in Placement.objects.filter(closed_at=None)] == ["red"]


def test_two_who_protect_the_same_place_follow_one_another(
    version: ModelVersion, maintainer: User, administrator: User
) -> None:
    start = threading.Barrier(2)
    failed: list[Exception] = []

    def protect(person: User, role: Role) -> None:
        try:
            start.wait()
            protect_place(version.model.registry, alias="blue", roles=[role], actor=person)
        except Exception as error:  # noqa: BLE001 # told below
            failed.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=protect, args=arguments)
        for arguments in ((maintainer, Role.MAINTAINER), (administrator, Role.CONTRIBUTOR))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
