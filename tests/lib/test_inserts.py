"""INSERT for the hot paths."""

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Registry, User
from lib.inserts import Insert
from tests.factories.tracking import new_run
from tracking.models import LatestMetric, RunTag

pytestmark = pytest.mark.django_db


def test_all_rows_go_in_one_statement_and_come_back_with_their_keys() -> None:
    made = Insert(Group, "name").rows([["a"], ["b"]], returning=["id", "name"])
    assert [(Group.objects.get(pk=pk).name, name) for pk, name in made] == [("a", "a"), ("b", "b")]
    assert Insert(Group, "name").rows([]) == []


def test_a_row_that_is_there_stays_or_changes_as_it_was_said(registry: Registry, system: User) -> None:
    run = new_run(registry, actor=system)
    keep = Insert(RunTag, "run", "key", "value", once_per=["run_id", "key"])
    replace = Insert(RunTag, "run", "key", "value", once_per=["run_id", "key"], replacing=["value"])
    assert keep.rows([[run.pk, "k", "1"]], returning=["key"]) == [("k",)]
    assert keep.rows([[run.pk, "k", "2"]], returning=["key"]) == []
    assert run.tags.get(key="k").value == "1"
    replace.rows([[run.pk, "k", "3"]])
    assert run.tags.get(key="k").value == "3"


def test_a_condition_decides_whether_a_row_is_replaced(registry: Registry, system: User) -> None:
    run = new_run(registry, actor=system)
    columns = ("run", "key", "value", "is_nan", "timestamp", "step")
    newer = Insert(
        LatestMetric,
        *columns,
        once_per=["run_id", "key"],
        replacing=["value", "step"],
        only_if="excluded.step > old.step",
    )
    for step in (5, 3, 7, 6):
        newer.rows([[run.pk, "m", float(step), False, 0, step]])
    assert (run.metrics.get().value, run.metrics.get().step) == (7.0, 7)


def test_an_instance_gets_its_key_or_is_left_out() -> None:
    once = Insert(Group, once=True)
    first, second = Group(name="a"), Group(name="a")
    assert once.instance(first)
    assert not once.instance(second)
    assert Group.objects.get(name="a") == first
    assert not second.pk
    first.name = "b"
    first.save()
    assert Group.objects.get().name == "b"


def test_without_a_word_about_it_a_second_row_is_an_error() -> None:
    Insert(Group, "name").rows([["a"]])
    with pytest.raises(IntegrityError), transaction.atomic():
        Insert(Group, "name").rows([["a"]])
