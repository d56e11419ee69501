"""The page of a version, its files and the forms that move it."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import access
from accounts.models import User
from accounts.rights import Role
from approvals.models import Review
from registry.models import Placement
from scanning.models import Scan, Verdict
from tests.dashboard.world import World

PATH = "/models/main/fraud-score/versions"


def test_the_first_screen_answers(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    page = as_user(scientist).get(f"{PATH}/2").content.decode()
    for answer in [
        "models:/fraud-score/2",
        "Clean",
        "Staging",
        "@challenger",
        "1 more approval by a reviewer needed.",
        "@champion is governed by a policy",
        f'href="/reviews/{world.open.pk}"',
        "4f2a4f2a4f",
        "payments",
        "int64 [-1]",
    ]:
        assert answer in page, answer


def test_findings_are_shown_with_advice(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    page = as_user(scientist).get(f"{PATH}/3").content.decode()
    assert "Loading this file would call os.system." in page
    assert "save the model as skops" in page
    assert "The scan found version 3 unsafe, so it cannot go to Staging." in page
    assert "Ask for a review" not in page


def test_the_cost_of_the_page_is_bounded(
    world: World,
    as_user: Callable[[User], Client],
    scientist: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(scientist)
    with django_assert_max_num_queries(34):
        client.get(f"{PATH}/2")
    with django_assert_max_num_queries(12):
        client.get(f"{PATH}/2/files")


def test_the_page_follows_a_running_scan(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    client = as_user(scientist)
    Scan.objects.filter(tree=world.second.tree).update(verdict=Verdict.SCANNING)
    assert 'hx-trigger="every 2s"' in client.get(f"{PATH}/2").content.decode()
    assert client.get(f"{PATH}/2/scan?was=scanning").status_code == 204
    Scan.objects.filter(tree=world.second.tree).update(verdict=Verdict.CLEAN)
    part = client.get(f"{PATH}/2/scan?was=scanning").content.decode()
    assert "hx-trigger" not in part
    assert "<html" not in part


def test_a_free_stage_is_one_press_away(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    response = as_user(scientist).post(f"{PATH}/2/stage", {"stage": "Archived"}, follow=True)
    assert "Version 2 is at Archived now." in response.content.decode()
    assert Placement.objects.get(version=world.second, alias="", closed_at=None).stage.name == "Archived"  # type: ignore[union-attr]


def test_a_governed_stage_is_refused_with_every_reason(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    response = as_user(scientist).post(f"{PATH}/3/stage", {"stage": "Production"}, follow=True)
    page = response.content.decode()
    assert "The scan found version 3 unsafe" in page
    assert "Production is governed by a policy" in page
    assert not Placement.objects.filter(version=world.third).exists()


def test_an_unknown_stage_is_not_found(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    assert as_user(scientist).post(f"{PATH}/2/stage", {"stage": "Moon"}).status_code == 404


@pytest.mark.parametrize("alias", ["latest", "v3", "two words", ""])
def test_a_bad_alias_is_told_beside_the_field(
    world: World, as_user: Callable[[User], Client], scientist: User, alias: str
) -> None:
    response = as_user(scientist).post(f"{PATH}/1/alias", {"alias": alias})
    assert response.status_code == 422
    assert 'id="id_alias_error"' in response.content.decode()
    assert not Placement.objects.filter(alias=alias, version=world.first, stage=None, closed_at=None).exists()


def test_an_alias_moves(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    response = as_user(scientist).post(f"{PATH}/1/alias", {"alias": "@challenger"}, follow=True)
    assert "@challenger names version 1 now." in response.content.decode()


def test_readers_are_offered_no_moves(
    world: World, as_user: Callable[[User], Client], member: Callable[..., User]
) -> None:
    reader = member(Role.READER, world.model)
    client = as_user(reader)
    page = client.get(f"{PATH}/2").content.decode()
    assert "Move to" not in page
    assert "Point it here" not in page
    assert client.post(f"{PATH}/2/stage", {"stage": "Archived"}).status_code == 403


def test_a_review_is_asked_for_on_the_page(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    client = as_user(scientist)
    client.post(f"/reviews/{world.open.pk}/withdraw")
    response = client.post(f"{PATH}/2/ask", {"stage": "Production", "alias": "champion", "reason": "Better."})
    review = Review.objects.latest("pk")
    assert response.headers["Location"] == f"/reviews/{review.pk}"
    assert review.destination == "Production and @champion"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"stage": "Production", "reason": ""}, "This field is required."),
        ({"stage": "", "alias": "", "reason": "Why not"}, "Name the stage or the alias"),
        ({"stage": "Moon", "reason": "Why not"}, "not one of the available choices"),
    ],
)
def test_a_request_that_says_too_little_is_refused_beside_the_field(
    world: World, as_user: Callable[[User], Client], scientist: User, data: dict[str, str], said: str
) -> None:
    client = as_user(scientist)
    client.post(f"/reviews/{world.open.pk}/withdraw")
    response = client.post(f"{PATH}/2/ask", data)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert Review.objects.count() == 2


def test_files_come_as_downloads_that_nothing_runs(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    response = as_user(scientist).get(f"{PATH}/2/files/model.skops")
    assert response.getvalue().startswith(b"{'depth'")
    response.close()
    assert response.headers["Content-Disposition"] == 'attachment; filename="model.skops"'
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_unsafe_files_are_for_maintainers(
    world: World, as_user: Callable[[User], Client], scientist: User, maintainer: User
) -> None:
    refused = as_user(scientist).get(f"{PATH}/3/files/model.pkl")
    assert refused.status_code == 403
    assert "unsafe, so only maintainers" in refused.content.decode()
    allowed = as_user(maintainer).get(f"{PATH}/3/files/model.pkl")
    assert allowed.getvalue() == b"cos\nsystem\n"
    allowed.close()


def test_a_file_that_is_not_there_is_not_found(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    assert as_user(scientist).get(f"{PATH}/2/files/nothing.txt").status_code == 404


@pytest.mark.parametrize("path", ["../secret-key", "a/../../b", "%2e%2e/x", "%252e%252e/x", "..%5Cx"])
def test_a_path_that_means_another_place_is_refused(
    world: World, as_user: Callable[[User], Client], scientist: User, path: str
) -> None:
    assert as_user(scientist).get(f"{PATH}/2/files/{path}").status_code in (400, 404)


def test_those_who_may_only_look_are_offered_no_download(
    world: World, as_user: Callable[[User], Client], member: Callable[..., User], system: User
) -> None:
    onlooker = member(Role.METADATA_READER, world.model)
    client = as_user(onlooker)
    page = client.get(f"{PATH}/2/files").content.decode()
    assert "model.skops" in page
    assert "Download model.skops" not in page
    assert client.get(f"{PATH}/2/files/model.skops").status_code == 403
    access.grant(Role.READER, on=world.model, to=onlooker, actor=system)
    allowed = client.get(f"{PATH}/2/files/model.skops")
    allowed.close()
    assert allowed.status_code == 200
