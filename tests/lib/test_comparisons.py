"""The conditions that comparisons mean, on the database that the tests run on."""

from functools import lru_cache

import pytest
from django.contrib.auth.models import Group

from lib.comparisons import Comparison, Order, kept_if_short, on_number, on_text
from lib.errors import Invalid

pytestmark = pytest.mark.django_db


def named(operator: str, value: object) -> set[str]:
    comparison = Comparison("attribute", "name", operator, value)  # type: ignore[arg-type]
    return set(Group.objects.filter(on_text("name", comparison)).values_list("name", flat=True))


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    Group.objects.all().delete()
    Group.objects.bulk_create(Group(name=name) for name in ("alpha", "Alpha", "a*b", "a_b", "a[c]", "100%", "a\\b"))


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("=", "alpha", {"alpha"}),
        ("!=", "alpha", {"Alpha", "a*b", "a_b", "a[c]", "100%", "a\\b"}),
        ("LIKE", "al%", {"alpha"}),
        ("LIKE", "%L%", set()),
        ("ILIKE", "AL%", {"alpha", "Alpha"}),
        ("LIKE", "a*%", {"a*b"}),
        ("LIKE", "a_b", {"a*b", "a_b", "a\\b"}),
        ("LIKE", "a[c]", {"a[c]"}),
        ("LIKE", "a?b", set()),
        ("LIKE", "a\\b", {"a\\b"}),
        ("ILIKE", "A\\%", {"a\\b"}),
        ("LIKE", "alpha", {"alpha"}),
        ("IN", ("alpha", "100%"), {"alpha", "100%"}),
        ("NOT IN", ("alpha", "Alpha", "a*b", "a_b", "a[c]"), {"100%", "a\\b"}),
    ],
)
def test_texts_are_compared_alike_on_every_database(operator: str, value: object, expected: set[str]) -> None:
    assert named(operator, value) == expected


@pytest.mark.parametrize(
    ("operator", "value"), [("<", "a"), ("=", 5), ("LIKE", ("a",)), ("IN", "a"), ("IS NULL", None), ("~", "a")]
)
def test_what_does_not_fit_a_text_is_refused(operator: str, value: object) -> None:
    with pytest.raises(Invalid, match=r"attribute\.name"):
        named(operator, value)


@pytest.mark.parametrize(("operator", "value"), [("=", "5"), ("LIKE", 5), ("<", None), (">", 2**63), ("=", True)])
def test_what_does_not_fit_a_number_is_refused(operator: str, value: object) -> None:
    with pytest.raises(Invalid):
        on_number("pk", Comparison("metric", "x", operator, value))  # type: ignore[arg-type]


def test_a_pattern_of_many_wildcards_is_answered_at_once() -> None:
    Group.objects.create(name="a" * 150)
    assert named("LIKE", "%a" * 60 + "b") == set()


def test_a_search_too_long_to_be_kept_is_not_kept() -> None:
    made: list[int] = []

    @lru_cache
    def pages(number: int) -> int:
        made.append(number)
        return number

    short, long = Comparison("tag", "k", "IN", ("a",)), Comparison("tag", "k", "IN", ("a" * 5_000,))
    for comparison in (short, short, long, long):
        assert kept_if_short(pages, [comparison, Order("tag", "k")])(1) == 1
    assert made == [1, 1, 1]
    assert pages.cache_info().currsize == 1
