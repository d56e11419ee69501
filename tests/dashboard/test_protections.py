"""The page of protected places, the locks on other pages, and restricting from a page."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Registry, User
from accounts.operations.teams import add_member, create_team
from accounts.rights import Role
from approvals.models import Decision
from approvals.operations.reviews import decide, request_review
from registry.models import ModelVersion, Protection, RegisteredModel, Stage
from registry.operations.placements import move_alias
from registry.operations.protections import protect_place
from tests.factories.tracking import new_experiment

AsUser = Callable[[User], Client]
PAGE = "/registries/main/protections"


def test_a_place_is_protected_and_released_on_its_page(
    registry: Registry, as_user: AsUser, maintainer: User, scientist: User, system: User
) -> None:
    create_team("release", actor=system)
    browser = as_user(maintainer)
    assert "Nothing is protected" in browser.get(PAGE).content.decode()
    said = {"stage": "Production", "alias": "", "roles": ["maintainer"], "teams": "release, "}
    page = browser.post(PAGE, said, follow=True).content.decode()
    assert "Production is protected." in page
    assert "Maintainers" in page
    assert "release" in page
    assert "Yes, release" in page
    look = as_user(scientist).get(PAGE).content.decode()
    assert "Production" in look
    assert "Protect it" not in look
    assert "/release" not in look
    place = Protection.objects.get()
    assert as_user(scientist).post(f"{PAGE}/{place.pk}/release").status_code == 403
    page = browser.post(f"{PAGE}/{place.pk}/release", follow=True).content.decode()
    assert "Production is not protected any more." in page
    assert browser.post(f"{PAGE}/{place.pk}/release").status_code == 404


def test_the_form_names_the_teams_that_one_sees(
    registry: Registry, as_user: AsUser, maintainer: User, system: User
) -> None:
    add_member(create_team("release", actor=system), maintainer, actor=system)
    create_team("hidden", actor=system)
    page = as_user(maintainer).get(PAGE).content.decode()
    assert "Such as release." in page
    assert "hidden" not in page.partition("And people in one of these teams")[2].partition("Protect it")[0]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "Name a stage or an alias, one of the two."),
        ({"stage": "Production", "alias": "blue", "roles": ["maintainer"]}, "one of the two"),
        ({"stage": "Production"}, "at least one role or one team"),
        ({"alias": "latest", "roles": ["maintainer"]}, "is reserved"),
        ({"alias": "blue", "teams": "nobody"}, "Team nobody was not found."),
        ({"alias": "blue", "roles": ["reviewer"]}, "Select a valid choice"),
    ],
)
def test_the_form_says_what_is_wrong(
    registry: Registry, as_user: AsUser, maintainer: User, said: dict[str, object], sentence: str
) -> None:
    answer = as_user(maintainer).post(PAGE, said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Protection.objects.exists()


def test_the_page_is_not_there_for_a_stranger(registry: Registry, as_user: AsUser, stranger: User) -> None:
    assert as_user(stranger).get(PAGE).status_code == 404
    assert as_user(stranger).post(PAGE, {"alias": "blue", "roles": ["maintainer"]}).status_code == 404


def test_pages_show_who_may_and_no_button_to_others(
    version: ModelVersion, as_user: AsUser, maintainer: User, scientist: User, stage: Callable[[str], Stage]
) -> None:
    move_alias(version, "blue", actor=scientist)
    registry = version.model.registry
    protect_place(registry, stage=stage("Staging"), roles=[Role.MAINTAINER], actor=maintainer)
    protect_place(registry, alias="blue", roles=[Role.MAINTAINER], actor=maintainer)
    page = as_user(scientist).get("/models/main/iris/versions/1").content.decode()
    assert page.count("Kept for maintainers.") == 1, "of the alias, where it is; at the stage the refusal says so"
    assert "Only maintainers may move versions to Staging." in page
    assert "Move to Staging" not in page
    assert "Move to Staging" in as_user(maintainer).get("/models/main/iris/versions/1").content.decode()
    assert "kept for maintainers" in as_user(scientist).get("/models/main/iris").content.decode()
    assert as_user(scientist).post("/models/main/iris/versions/1/stage", {"stage": "Staging"}).status_code == 403


def test_an_approved_review_is_carried_out_by_who_may(
    version: ModelVersion,
    as_user: AsUser,
    maintainer: User,
    scientist: User,
    reviewer: User,
    stage: Callable[[str], Stage],
    judge: Callable[..., object],
) -> None:
    protect_place(version.model.registry, stage=stage("Production"), roles=[Role.MAINTAINER], actor=maintainer)
    judge(version)
    review = request_review(version, stage=stage("Production"), actor=scientist)
    decide(review, Decision.Verdict.APPROVE, actor=reviewer)
    path = f"/reviews/{review.pk}"
    page = as_user(scientist).get(path).content.decode()
    assert "Approved; waiting for somebody who may move versions to Production: maintainers." in page
    assert "Carry it out" not in page
    assert as_user(scientist).post(f"{path}/carry-out").status_code == 403
    assert "Carry it out" in as_user(maintainer).get(path).content.decode()
    page = as_user(maintainer).post(f"{path}/carry-out", follow=True).content.decode()
    assert "iris version 1 is at Production now." in page


def test_a_model_and_an_experiment_are_restricted_from_their_pages(
    model: RegisteredModel, as_user: AsUser, maintainer: User, scientist: User
) -> None:
    experiment = new_experiment(model.registry, actor=scientist)
    for path in ("/models/main/iris", f"/experiments/{experiment.pk}"):
        assert "Restrict it" not in as_user(scientist).get(f"{path}/access").content.decode()
        assert as_user(scientist).post(f"{path}/restrict", {"restricted": "yes"}).status_code == 403
        assert "Restrict it" in as_user(maintainer).get(f"{path}/access").content.decode()
        page = as_user(maintainer).post(f"{path}/restrict", {"restricted": "yes"}, follow=True).content.decode()
        assert "Let roles on the registry count" in page
        assert as_user(scientist).get(path).status_code == 404
        assert as_user(scientist).post(f"{path}/restrict", {"restricted": "no"}).status_code == 404
        as_user(maintainer).post(f"{path}/restrict", {"restricted": "no"})
        assert as_user(scientist).get(path).status_code == 200
