"""The inbox and the page of a review."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from approvals.models import Decision, Review
from approvals.queries import present_digest
from registry.operations.versions import describe_version
from registry.queries import version_at
from tests.dashboard.world import World


def test_the_inbox_holds_what_waits_for_me(
    world: World, as_user: Callable[[User], Client], scientist: User, reviewer: User
) -> None:
    assert "fraud-score version 2" in as_user(reviewer).get("/reviews").content.decode()
    assert "Nothing waits for you" in as_user(scientist).get("/reviews").content.decode()
    assert "fraud-score version 2" in as_user(scientist).get("/reviews?show=open").content.decode()
    assert "fraud-score version 1" in as_user(scientist).get("/reviews?show=closed").content.decode()


def test_the_home_page_shows_what_waits_for_me(
    world: World, as_user: Callable[[User], Client], scientist: User, reviewer: User
) -> None:
    assert "wants to go to Production" in as_user(reviewer).get("/").content.decode()
    mine = as_user(scientist).get("/").content.decode()
    assert "wants to go to Production" not in mine
    assert "What you asked for" in mine
    assert "Needs attention" in mine


def test_the_navigation_counts_what_waits(
    world: World, as_user: Callable[[User], Client], scientist: User, reviewer: User
) -> None:
    assert "waiting for you" in as_user(reviewer).get("/models").content.decode()
    assert "waiting for you" not in as_user(scientist).get("/models").content.decode()


def test_the_page_shows_what_to_decide_on(world: World, as_user: Callable[[User], Client], reviewer: User) -> None:
    page = as_user(reviewer).get(f"/reviews/{world.open.pk}").content.decode()
    for answer in [
        "<strong>2025 Q4</strong>",
        "The scan found nothing wrong.",
        "1 more approval by a reviewer needed.",
        "higher by 0.035 (3.8%)",
        "lower by 0.033 (14.3%)",
        "against version 1, which is there now",
        "Was the holiday week part of the test set?",
        "Files: 1 changed",
        "Parameters: 1 changed",
    ]:
        assert answer in page, answer


def test_those_too_close_see_why_they_cannot_approve(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    client = as_user(scientist)
    page = client.get(f"/reviews/{world.open.pk}").content.decode()
    assert "someone else must approve it." in page
    assert 'value="approve"' not in page
    response = client.post(f"/reviews/{world.open.pk}", {"verdict": "approve"})
    assert response.status_code == 422
    assert Review.objects.get(pk=world.open.pk).state == Review.State.OPEN


def test_an_approval_makes_the_move(world: World, as_user: Callable[[User], Client], reviewer: User) -> None:
    data = {"verdict": "approve", "comment": "Go.", "seen_digest": present_digest(world.open)}
    response = as_user(reviewer).post(f"/reviews/{world.open.pk}", data, follow=True)
    assert "You approved. fraud-score version 2 is at Production now." in response.content.decode()
    assert version_at(world.model, stage="Production") == world.second


def test_a_decision_about_something_else_is_refused(
    world: World, as_user: Callable[[User], Client], reviewer: User, scientist: User
) -> None:
    seen = present_digest(world.open)
    describe_version(world.second, "Quite another story.", actor=scientist)
    response = as_user(reviewer).post(f"/reviews/{world.open.pk}", {"verdict": "approve", "seen_digest": seen})
    assert response.status_code == 422
    assert "has changed since you opened the page" in response.content.decode()


@pytest.mark.parametrize("verdict", ["request_changes", "comment"])
def test_words_are_needed_where_words_are_the_point(
    world: World, as_user: Callable[[User], Client], reviewer: User, verdict: str
) -> None:
    response = as_user(reviewer).post(f"/reviews/{world.open.pk}", {"verdict": verdict, "comment": " "})
    assert response.status_code == 422
    assert 'id="id_comment_error"' in response.content.decode()


def test_comments_are_formatted_but_harmless(world: World, as_user: Callable[[User], Client], reviewer: User) -> None:
    attack = "**no** <script>alert(1)</script> {{ 7*7 }}"
    response = as_user(reviewer).post(
        f"/reviews/{world.open.pk}", {"verdict": "reject", "comment": attack}, follow=True
    )
    page = response.content.decode()
    assert "<strong>no</strong>" in page
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    assert Review.objects.get(pk=world.open.pk).state == Review.State.REJECTED


def test_a_closed_review_takes_no_decision(world: World, as_user: Callable[[User], Client], reviewer: User) -> None:
    response = as_user(reviewer).post(f"/reviews/{world.done.pk}", {"verdict": "reject", "comment": "Too late"})
    assert response.status_code == 422
    assert Decision.objects.filter(review=world.done).count() == 1


def test_the_requester_takes_the_request_back(
    world: World, as_user: Callable[[User], Client], scientist: User, reviewer: User
) -> None:
    assert as_user(reviewer).post(f"/reviews/{world.open.pk}/withdraw").status_code == 403
    response = as_user(scientist).post(f"/reviews/{world.open.pk}/withdraw", follow=True)
    assert "The request was withdrawn." in response.content.decode()
    again = as_user(scientist).post(f"/reviews/{world.open.pk}/withdraw", follow=True)
    assert "already." in again.content.decode()


def test_the_cost_of_reviews_is_bounded(
    world: World,
    as_user: Callable[[User], Client],
    reviewer: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(reviewer)
    with django_assert_max_num_queries(5):
        client.get("/reviews?show=open")
    with django_assert_max_num_queries(29):
        client.get(f"/reviews/{world.open.pk}")
