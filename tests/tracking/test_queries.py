"""Who sees what of tracking, and what pages cost."""

from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from lib.comparisons import Comparison, Order
from lib.errors import Invalid, NotFound
from lib.paging import Page, encode
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking import queries, search
from tracking.models import Run
from tracking.operations.measurements import Measurement, log_batch

pytestmark = pytest.mark.django_db


def test_a_restricted_experiment_is_seen_with_a_grant_of_its_own(
    registry: Registry, scientist: User, member: Callable[..., User]
) -> None:
    closed = new_experiment(registry, actor=scientist)
    closed.restricted = True
    closed.save(update_fields=["restricted"])
    run = new_run(closed, actor=scientist)
    guest = member(Role.READER, closed)
    assert queries.find_run(run.run_id, actor=guest) == run
    assert queries.find_experiment(closed.pk, registry=registry, actor=guest) == closed
    for look in (
        lambda: queries.find_run(run.run_id, actor=scientist),
        lambda: queries.find_experiment(closed.pk, registry=registry, actor=scientist),
        lambda: queries.find_experiment_by_name(closed.name, registry=registry, actor=scientist),
        lambda: queries.find_experiment(0, registry=registry, actor=guest),
    ):
        with pytest.raises(NotFound):
            look()
    wanted = search.Query(experiment_ids=[closed.pk])
    assert not search.search_runs(wanted, registry=registry, actor=scientist, size=9).rows
    assert list(search.search_runs(wanted, registry=registry, actor=guest, size=9).rows) == [run]


def test_the_id_nought_is_the_default_experiment_of_every_registry(
    registry: Registry, system: User, administrator: User
) -> None:
    lab = create_registry("lab", actor=system)
    found = queries.find_experiment(0, registry=lab, actor=administrator)
    assert (found.registry, found.is_default) == (lab, True)
    run = new_run(lab, actor=administrator)
    page = search.search_runs(search.Query(experiment_ids=[0]), registry=lab, actor=administrator, size=9)
    assert list(page.rows) == [run]


def test_logged_models_are_found_together_or_not_at_all(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    models = [new_logged_model(run.experiment, actor=scientist) for _ in range(2)]
    ids = [model.model_id for model in models]
    assert set(queries.find_logged_models(ids, registry=registry, actor=scientist)) == set(ids)
    with pytest.raises(NotFound, match="m-0"):
        queries.find_logged_models([*ids, "m-0"], actor=scientist)


def test_a_page_of_runs_costs_the_same_for_one_and_for_many(
    registry: Registry, scientist: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    runs = [new_run(registry, actor=scientist) for _ in range(30)]
    for number, run in enumerate(runs):
        log_batch(run, metrics=[Measurement("a", number, 1)], params=[("p", str(number))], actor=scientist)
    query = search.Query(
        comparisons=[Comparison("metric", "a", ">=", 0), Comparison("param", "p", "LIKE", "%")],
        orders=[Order("metric", "a", descending=True)],
        experiment_ids=[0],
    )
    for size in (1, 30):
        with django_assert_max_num_queries(10):
            page = search.search_runs(query, registry=registry, actor=scientist, size=size)
            assert len(queries.with_parts(page.rows)) == size


def test_pages_hold_every_row_once_whatever_the_order(registry: Registry, scientist: User) -> None:
    for number in range(7):
        run = new_run(registry, start_time=1000 + number // 3, actor=scientist)
        if number % 2:
            log_batch(
                run,
                metrics=[Measurement("a", float("nan") if number == 3 else number // 4, 1)],
                tags=[("t", "x")],
                actor=scientist,
            )
    for entity, key in (("attribute", "start_time"), ("attribute", "end_time"), ("metric", "a"), ("tag", "t")):
        for descending in (False, True):
            query = search.Query(orders=[Order(entity, key, descending)], experiment_ids=[0])

            def page(token: str | None, query: search.Query = query, size: int = 2) -> Page[Run]:
                return search.search_runs(query, registry=registry, actor=scientist, size=size, token=token)

            names, token = [], None
            while True:
                part = page(token)
                names += [run.name for run in part.rows]
                token = part.next_token
                if token is None:
                    break
            assert names == [run.name for run in page(None, size=100).rows]
            assert len(set(names)) == 7


@pytest.mark.parametrize("values", [["x", "y"], [None, "y"], [[], "y"], [{}, "y"], [1, 2, 3], []])
def test_a_forged_token_is_refused(registry: Registry, scientist: User, values: list[object]) -> None:
    token = encode(("-start_time", "run_id"), values)
    with pytest.raises(Invalid, match="page token"):
        search.search_runs(search.Query(experiment_ids=[0]), registry=registry, actor=scientist, size=9, token=token)


def test_a_token_of_another_order_is_refused(registry: Registry, scientist: User) -> None:
    for _ in range(2):
        new_run(registry, actor=scientist)
    first = search.Query(orders=[Order("metric", "a")], experiment_ids=[0])
    other = search.Query(orders=[Order("metric", "b")], experiment_ids=[0])
    token = search.search_runs(first, registry=registry, actor=scientist, size=1).next_token
    with pytest.raises(Invalid, match="another search or order"):
        search.search_runs(other, registry=registry, actor=scientist, size=1, token=token)
