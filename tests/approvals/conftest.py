"""Reviews that many tests need."""

import pytest

from accounts.models import User
from accounts.rights import Role
from approvals.models import Review
from approvals.operations.reviews import request_review
from registry.models import ModelVersion
from tests.approvals.words import StageOf
from tests.conftest import Member


@pytest.fixture
def review(version: ModelVersion, scientist: User, stage: StageOf) -> Review:
    """The scientist asks that version 1, which is not scanned yet, goes to Production."""
    return request_review(version, stage=stage("Production"), reason="It is better.", actor=scientist)


@pytest.fixture
def other_reviewer(member: Member, version: ModelVersion) -> User:
    """A second reviewer."""
    return member(Role.REVIEWER, version.model.registry, name="barbara")
