"""Queries that are compiled once."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, CharField, DateTimeField, Value
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiToken, User
from lib import clock
from lib.comparisons import Comparison, on_text, with_places
from lib.json_lists import JsonList
from lib.moments import Milliseconds
from lib.statements import Blank, Change, Statement

pytestmark = pytest.mark.django_db


def test_a_statement_finds_what_its_query_finds(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    statement = Statement(lambda: Group.objects.filter(name=Blank("name", CharField())))
    Group.objects.create(name="it's 100%")
    for name in ("it's 100%", "nobody", "it's 100%"):
        with django_assert_num_queries(1):
            found = statement.first(name=name)
        assert (found.name if found else None) == (name if name != "nobody" else None)


def test_it_is_built_once_and_asked_anew() -> None:
    built: list[int] = []

    def build() -> Any:
        built.append(1)
        return Group.objects.filter(name__startswith="x").order_by("name")

    statement: Statement[Group] = Statement(build)
    assert statement.all() == []
    Group.objects.create(name="x2")
    Group.objects.create(name="x1")
    assert [group.name for group in statement.all()] == ["x1", "x2"]
    assert built == [1]


def test_whole_rows_come_with_their_relations_and_annotations(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    kind = ContentType.objects.get_for_model(Group)
    Permission.objects.create(codename="paint", name="may paint", content_type=kind)
    statement: Statement[Permission] = Statement(
        lambda: (
            Permission.objects.select_related("content_type")
            .annotate(word=Value("hello"))
            .filter(codename=Blank("codename", CharField()))
        )
    )
    with django_assert_num_queries(1):
        (found,) = statement.all(codename="paint")
        assert found.content_type == kind
        assert vars(found)["word"] == "hello"
    found.name = "may paint well"
    found.save()
    assert Permission.objects.get(codename="paint").name == "may paint well"


def test_a_relation_that_is_not_there_is_none(system: User) -> None:
    statement: Statement[User] = Statement(
        lambda: User.objects.select_related("owner").filter(pk=Blank("pk", BigIntegerField()))
    )
    (found,) = statement.all(pk=system.pk)
    assert (found.owner, found.date_joined) == (None, system.date_joined)


def test_moments_and_json_come_back_as_what_they_were(system: User) -> None:
    now = timezone.now()
    ApiToken.objects.create(owner=system, name="t", prefix="gate_x", digest="d", scopes=["read"], expires_at=now)
    statement: Statement[Any] = Statement(
        lambda: ApiToken.objects.filter(expires_at=Blank("at", DateTimeField())).values_list(
            "scopes", "expires_at", named=True
        )
    )
    for moment in (now, now.isoformat()):
        (found,) = statement.all(at=moment)
        assert (found.scopes, found.expires_at) == (["read"], now)


def test_a_list_may_be_of_any_length() -> None:
    groups = [Group.objects.create(name=f"g{number}") for number in range(5)]
    statement: Statement[Group] = Statement(
        lambda: Group.objects.filter(pk__among=Blank("pks", BigIntegerField())).order_by("pk")
    )
    for size in (0, 1, 5):
        assert statement.all(pks=[group.pk for group in groups[:size]]) == groups[:size]


def test_a_change_is_compiled_once_and_says_how_many_rows_it_changed(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first, second = Group.objects.create(name="a"), Group.objects.create(name="b")
    change = Change(
        lambda: Group.objects.filter(pk=Blank("pk", BigIntegerField())), name=Blank("name", CharField(max_length=9))
    )
    for group, name in ((first, "it's"), (second, "100%")):
        with django_assert_num_queries(1):
            assert change.count(pk=group.pk, name=name) == 1
        group.refresh_from_db()
        assert group.name == name
    assert change.count(pk=0, name="x") == 0


def test_a_number_that_no_column_holds_finds_nothing(system: User) -> None:
    statement: Statement[User] = Statement(lambda: User.objects.filter(pk=Blank("pk", BigIntegerField())))
    for number in (2**63, -(2**63) - 1, 10**40):
        assert statement.all(pk=number) == []
    assert statement.all(pk=system.pk) == [system]


def test_a_query_that_can_find_nothing_is_not_sent(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    statement: Statement[Group] = Statement(Group.objects.none)
    with django_assert_num_queries(0):
        assert statement.all() == []


@pytest.mark.parametrize("value", ["", "plain", 'quote " and \\', "größe\u2028", "tab\tline\n", "</script>"])
def test_rows_come_as_json_in_their_order(value: str) -> None:
    Group.objects.all().delete()
    for name in (f"b{value}", f"a{value}"):
        Group.objects.create(name=name)
    rows = Group.objects.order_by("name")
    lists = ContentType.objects.annotate(
        names=JsonList(rows, "name"),
        objects_=JsonList(rows, said="name", again="name"),
        none=JsonList(rows.filter(name="nobody"), "name"),
    ).values_list("names", "objects_", "none")[:1]
    names, objects, none = lists[0]
    assert orjson.loads(names) == [f"a{value}", f"b{value}"]
    assert orjson.loads(objects) == [{"said": f"{c}{value}", "again": f"{c}{value}"} for c in "ab"]
    assert none is None


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [("=", "alpha", {"alpha"}), ("!=", "alpha", {"Beta"}), ("LIKE", "al_ha", {"alpha"}), ("ILIKE", "b%", {"Beta"})],
)
def test_a_comparison_may_have_its_value_later(operator: str, value: str, expected: set[str]) -> None:
    Group.objects.all().delete()
    Group.objects.bulk_create([Group(name="alpha"), Group(name="Beta")])
    (placed,), values = with_places([Comparison("tag", "k", operator, value)], set())
    assert placed.value != value
    statement: Statement[Group] = Statement(lambda: Group.objects.filter(on_text("name", placed)))
    assert {group.name for group in statement.all(**values)} == expected


def test_searches_that_differ_in_values_alone_are_equal() -> None:
    one, _ = with_places([Comparison("tag", "k", "=", "a"), Comparison("metric", "m", "<", 1.5)], set())
    two, values = with_places([Comparison("tag", "k", "=", "b"), Comparison("metric", "m", "<", 2.5)], set())
    assert one == two
    assert values == {"value0": "b", "value1": 2.5}


@pytest.mark.parametrize(
    "comparison",
    [
        Comparison("tag", "k", "IN", ("a", "b")),
        Comparison("tag", "k", "IS NULL", None),
        Comparison("metric", "m", "<", 10**30),
        Comparison("metric", "m", "<", float("inf")),
        Comparison("attribute", "created", "<", 5),
    ],
)
def test_what_cannot_wait_stays_in_the_comparison(comparison: Comparison) -> None:
    assert with_places([comparison], {"name"}) == ((comparison,), {})


@pytest.mark.parametrize("text", ["2026-11-21T08:02:50.954624", "2026-11-21T08:02:50", "1999-12-31T23:59:59.999999"])
def test_the_database_counts_milliseconds_as_python_does(system: User, text: str) -> None:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    User.objects.filter(pk=system.pk).update(date_joined=moment)
    counted = User.objects.annotate(joined_ms=Milliseconds("date_joined")).get(pk=system.pk)
    assert vars(counted)["joined_ms"] == clock.to_ms(moment)
