"""Roles with an end: nobody gives more time than they have, not even to themselves."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.reach.effective_roles import reaches
from accounts.rights import Right, Role
from lib.errors import Invalid
from registry.models import RegisteredModel
from registry.operations.models import restrict_model


@pytest.fixture
def tonight() -> datetime:
    return timezone.now() + timedelta(hours=8)


@pytest.fixture
def stand_in(stranger: User, registry: Registry, tonight: datetime, system: User) -> User:
    """A maintainer until tonight."""
    access.grant(Role.MAINTAINER, on=registry, to=stranger, ends_at=tonight, actor=system)
    return stranger


def test_who_manages_for_a_while_gives_no_more_than_that(
    stand_in: User, registry: Registry, scientist: User, tonight: datetime
) -> None:
    for receiver in (stand_in, scientist):
        for ends_at in (None, tonight + timedelta(minutes=1)):
            with pytest.raises(Invalid, match="Your own role ends before that"):
                access.grant(Role.MAINTAINER, on=registry, to=receiver, ends_at=ends_at, actor=stand_in)
    access.grant(Role.READER, on=registry, to=scientist, ends_at=tonight, actor=stand_in)
    assert not access.can(scientist, Right.REGISTER, registry)


def test_who_manages_for_good_gives_as_they_like(
    maintainer: User, registry: Registry, model: RegisteredModel, scientist: User, tonight: datetime
) -> None:
    access.grant(Role.REVIEWER, on=model, to=scientist, actor=maintainer)
    access.grant(Role.REVIEWER, on=registry, to=scientist, ends_at=tonight, actor=maintainer)


def test_restricting_gives_nobody_a_role_for_good(stand_in: User, model: RegisteredModel, tonight: datetime) -> None:
    restrict_model(model, True, actor=stand_in)
    model.refresh_from_db()
    (reach,) = reaches([stand_in], model)
    assert [(held.role, held.ends_at) for held in reach.held] == [(Role.MAINTAINER, tonight)]


def test_restricting_leaves_a_way_in_for_as_long_as_there_was_one(
    maintainer: User, model: RegisteredModel, tonight: datetime, system: User
) -> None:
    access.grant(Role.MAINTAINER, on=model, to=maintainer, ends_at=tonight, actor=system)
    restrict_model(model, True, actor=maintainer)
    model.refresh_from_db()
    (reach,) = reaches([maintainer], model)
    assert [(held.role, held.ends_at) for held in reach.held] == [(Role.MAINTAINER, None)]
