"""Metrics, parameters and tags of a run."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Registry, User
from accounts.rights import Role
from events.models import Event
from lib.errors import Forbidden, Invalid, NotFound, TooLarge
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking import queries, rules
from tracking.models import Run
from tracking.models.measurements import Point, pack, unpack
from tracking.operations.measurements import Measurement, delete_tag, log_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(registry: Registry, scientist: User) -> Run:
    return new_run(registry, actor=scientist)


@given(st.lists(st.builds(Point, *[st.integers(-(2**63), 2**63 - 1)] * 2, st.floats(allow_nan=False))))
def test_points_come_back_as_they_were_packed(points: list[Point]) -> None:
    assert list(unpack(pack(points))) == points


def test_the_latest_value_does_not_depend_on_the_order_of_arrival(run: Run, scientist: User) -> None:
    metrics = [Measurement("a", value, time, step) for step in (0, 1) for time in (5, 6) for value in (1.0, 2.0)]
    metrics += [Measurement("a", math.nan, 6, 1)]
    random.Random(7).shuffle(metrics)
    for metric in metrics:
        log_batch(run, metrics=[metric], actor=scientist)
    latest = run.metrics.get()
    assert (latest.step, latest.timestamp, latest.number) == (1, 6, 2.0)
    assert len(queries.metric_history(run, "a")) == 9


def test_not_a_number_is_remembered_as_such(run: Run, scientist: User) -> None:
    for _ in range(2):
        log_batch(run, metrics=[Measurement("a", math.nan, 1)], actor=scientist)
    assert math.isnan(run.metrics.get().number)
    assert [math.isnan(point.value) for point in queries.metric_history(run, "a")] == [True]


def test_what_arrives_again_counts_once(run: Run, scientist: User) -> None:
    points = [Measurement("a", 0.5, 1, 1), Measurement("a", 0.4, 2, 2)]
    log_batch(run, metrics=[*points, *points], actor=scientist)
    for again in ([points[1]], points):
        log_batch(run, metrics=again, actor=scientist)
    assert queries.metric_history(run, "a") == [Point(1, 1, 0.5), Point(2, 2, 0.4)]


def test_a_batch_of_a_thousand_costs_what_a_batch_of_one_costs(
    run: Run, scientist: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 800):
        metrics = [Measurement(f"m{number % 40}", number / 7, number, number) for number in range(size)]
        params = [(f"p{number}.{size}", "x") for number in range(min(size, 90))]
        tags = [(f"t{number}", "x") for number in range(min(size, 90))]
        with django_assert_num_queries(7):
            log_batch(run, metrics=metrics, params=params, tags=tags, actor=scientist)


def test_a_parameter_is_set_once(run: Run, scientist: User) -> None:
    log_batch(run, params=[("depth", "3")], actor=scientist)
    log_batch(run, params=[("depth", "3"), ("more", "")], actor=scientist)
    with pytest.raises(Invalid, match="Changing param values is not allowed"):
        log_batch(run, params=[("new", "1"), ("depth", "4")], actor=scientist)
    assert dict(run.params.values_list("key", "value")) == {"depth": "3", "more": ""}


def test_long_values_are_cut(run: Run, scientist: User) -> None:
    log_batch(run, params=[("p", "x" * 9000)], tags=[("t", "x" * 9000)], actor=scientist)
    assert (len(run.params.get().value), len(run.tags.get().value)) == (6000, 8000)


def test_more_than_a_batch_may_hold_is_refused(run: Run, scientist: User) -> None:
    with pytest.raises(TooLarge, match="at most 1000 metrics"):
        log_batch(run, metrics=[Measurement("a", 1, n) for n in range(1001)], actor=scientist)
    with pytest.raises(TooLarge, match="metrics, params, and tags"):
        log_batch(run, metrics=[Measurement("a", 1, n) for n in range(1000)], tags=[("a", "b")], actor=scientist)


@pytest.mark.parametrize("key", ["", "a" * 251, "../a", "/a", "a/", "a//b", ".", "a;b", "a\nb", "a\0b", "a#b", "a'b"])
def test_a_key_that_is_no_name_is_refused(key: str) -> None:
    with pytest.raises(Invalid):
        rules.check_key(key)


@pytest.mark.parametrize("key", ["a", "a b", "a.b/c-d_e:f", "größe", "val/loss"])
def test_a_plain_key_is_fine(key: str) -> None:
    rules.check_key(key)


def test_measuring_a_model_needs_rights_on_its_experiment(
    run: Run, registry: Registry, scientist: User, member: Callable[..., User]
) -> None:
    closed = new_experiment(registry, actor=scientist)
    closed.restricted = True
    closed.save(update_fields=["restricted"])
    theirs, ours = new_logged_model(closed, actor=scientist), new_logged_model(run.experiment, actor=scientist)
    with pytest.raises(NotFound):
        log_batch(run, metrics=[Measurement("a", 1, 1, model_id=theirs.model_id)], actor=scientist)
    assert not run.metrics.exists()
    for _ in range(2):
        metric = Measurement("a", math.inf, 1, model_id=ours.model_id, dataset_name="d", dataset_digest="1")
        log_batch(run, metrics=[metric], actor=scientist)
    measured = ours.metrics.get()
    assert (measured.key, measured.dataset_name, measured.number) == ("a", "d", rules.storable(math.inf))


def test_tags_change_and_go(run: Run, scientist: User) -> None:
    log_batch(run, tags=[("a", "1"), ("a", "2"), ("mlflow.runName", "new")], actor=scientist)
    log_batch(run, tags=[("a", "3")], actor=scientist)
    run.refresh_from_db()
    assert (run.name, run.tags.get(key="a").value) == ("new", "3")
    delete_tag(run, "a", actor=scientist)
    with pytest.raises(NotFound, match="No tag with name: a"):
        delete_tag(run, "a", actor=scientist)


def test_a_reader_is_refused_and_measuring_is_no_event(
    run: Run, registry: Registry, scientist: User, stranger: User, member: Callable[..., User]
) -> None:
    with pytest.raises(Forbidden):
        log_batch(run, tags=[("a", "1")], actor=member(Role.READER, registry))
    with pytest.raises(NotFound):
        log_batch(run, tags=[("a", "1")], actor=stranger)
    with pytest.raises(NotFound):
        delete_tag(run, "a", actor=stranger)
    before = Event.objects.count()
    log_batch(run, tags=[("a", "1")], metrics=[Measurement("a", 1, 1)], params=[("a", "1")], actor=scientist)
    assert Event.objects.count() == before
