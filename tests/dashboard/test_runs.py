"""Experiments and runs."""

from collections.abc import Callable

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.dashboard.world import World, trained
from tracking.operations.runs import delete_run


def test_a_run_shows_what_went_in_and_what_came_out(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    run = world.second.source_run
    assert run is not None
    page = as_user(scientist).get(f"/runs/{run.run_id}").content.decode()
    for answer in ["0.947", "depth", "train.py", "payments", "model.skops", "1 min 23 s", "fraud-score version 2"]:
        assert answer in page, answer
    assert "mlflow.source.name" not in page


def test_a_deleted_run_says_so(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    run = world.second.source_run
    assert run is not None
    delete_run(run, actor=scientist)
    client = as_user(scientist)
    assert "This run was deleted" in client.get(f"/runs/{run.run_id}").content.decode()
    assert run.name not in client.get(f"/experiments/{run.experiment_id}").content.decode()


def test_the_cost_of_an_experiment_does_not_grow(
    world: World,
    as_user: Callable[[User], Client],
    scientist: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    run = world.second.source_run
    assert run is not None
    for number in range(8):
        trained(world.model, {"auc": number / 10}, {"depth": str(number)}, scientist)
    client = as_user(scientist)
    with django_assert_max_num_queries(7):
        client.get(f"/experiments/{run.experiment_id}")
    with django_assert_max_num_queries(15):
        client.get(f"/runs/{run.run_id}")
