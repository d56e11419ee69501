"""Reading reviews."""

import pytest

from accounts import access
from accounts.models import User
from accounts.rights import Role
from approvals.models import Review
from approvals.operations.reviews import decide, request_review
from approvals.queries import find_review, reviews_for, waiting_for
from lib.errors import NotFound
from registry.models import RegisteredModel
from registry.operations.versions import Origin, create_version
from tests.approvals.words import CHANGES, StageOf


def test_reviews_are_seen_by_those_who_see_the_model(
    review: Review, scientist: User, reviewer: User, stranger: User
) -> None:
    assert find_review(review.pk, actor=scientist) == review
    assert list(waiting_for(reviewer)) == [review]
    assert not reviews_for(stranger).exists()
    with pytest.raises(NotFound):
        find_review(review.pk, actor=stranger)


def test_a_review_waits_for_nobody_who_cannot_decide_it(
    model: RegisteredModel,
    ci_account: User,
    scientist: User,
    maintainer: User,
    reviewer: User,
    stage: StageOf,
    system: User,
) -> None:
    access.grant(Role.MAINTAINER, on=model.registry, to=scientist, actor=system)
    external = create_version(model, Origin(source="s3://b/x"), actor=ci_account)
    review = request_review(external, stage=stage("Production"), actor=maintainer)
    assert [list(waiting_for(person)) for person in (scientist, maintainer, ci_account, reviewer)] == [
        [],
        [],
        [],
        [review],
    ]
    decide(review, CHANGES, comment="No files?", actor=reviewer)
    assert not waiting_for(reviewer).exists()
