"""The search grammar, without a database."""

import pytest

from lib.comparisons import Comparison, Order
from lib.errors import Invalid
from protocols.mlflow_rest import grammar


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("metrics.rmse < 0.5", [Comparison("metric", "rmse", "<", 0.5)]),
        ("metric.`a b` >= -1e3", [Comparison("metric", "a b", ">=", -1000.0)]),
        ('params."lr/x" = \'0.1\'', [Comparison("param", "lr/x", "=", "0.1")]),
        ("name = \"double\"", [Comparison("attribute", "name", "=", "double")]),
        ("name='x'AND tags.mlflow.user!='y'", [
            Comparison("attribute", "name", "=", "x"), Comparison("tag", "mlflow.user", "!=", "y")]),
        ("attributes.start_time != 12", [Comparison("attribute", "start_time", "!=", 12)]),
        ("name like 'a%' and name ilike 'B_'", [
            Comparison("attribute", "name", "LIKE", "a%"), Comparison("attribute", "name", "ILIKE", "B_")]),
        ("run_id IN ('a', 'b')", [Comparison("attribute", "run_id", "IN", ("a", "b"))]),
        ("run_id not in (\"a\")", [Comparison("attribute", "run_id", "NOT IN", ("a",))]),
        ("tags.x IS NULL", [Comparison("tag", "x", "IS NULL", None)]),
        ("tags.x is not null AND dataset.name = 'd'", [
            Comparison("tag", "x", "IS NOT NULL", None), Comparison("dataset", "name", "=", "d")]),
        ("name = 'it''s AND (odd)'", [Comparison("attribute", "name", "=", "it's AND (odd)")]),
        ("attributes.`run name` = 'x'", [Comparison("attribute", "run name", "=", "x")]),
    ],
)  # fmt: skip
def test_filters_are_read(text: str, expected: list[Comparison]) -> None:
    assert grammar.parse_filter(text, grammar.FOR_RUNS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "name", "name =", "= 'x'", "name = x", "name = 'x' OR name = 'y'", "(name = 'x')", "name = 'x' AND",
        "AND name = 'x'", "name == 'x'", "name = 'x", "run_id IN ()", "run_id IN 'a'", "run_id IN ('a'",
        "run_id IN (1)", "tags.run_id IN ('a')", "params.x IN ('a')", " ", "name <> 'x'",
        "tags. = 'x'", "owner.name = 'x'", "name IS 'x'", "name NOT LIKE 'x'", "name = 'x'; DROP TABLE runs",
        "1 = 1", "name = 'x' name = 'y'", "x" * 20_001, " AND ".join(["a = 'b'"] * 101), "`", "metrics.a < 1.2.3",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        grammar.parse_filter(text, grammar.FOR_RUNS)
    assert caught.value.field == "filter"


def test_every_search_has_a_dialect_of_its_own() -> None:
    for dialect, text in (
        (grammar.FOR_EXPERIMENTS, "attributes.name = 'x'"),
        (grammar.FOR_EXPERIMENTS, "name IN ('x')"),
        (grammar.FOR_LOGGED_MODELS, "tag.x = 'y'"),
        (grammar.FOR_MODELS, "metrics.a > 1"),
        (grammar.FOR_VERSIONS, "source_path IN ('x')"),
    ):
        with pytest.raises(Invalid):
            grammar.parse_filter(text, dialect)
    assert grammar.parse_filter("params.x IN ('a')", grammar.FOR_LOGGED_MODELS)
    assert grammar.parse_filter("experiment_id IN ('1')", grammar.FOR_EXPERIMENTS)
    assert grammar.parse_filter("run_id IN ('a')", grammar.FOR_VERSIONS)


def test_orders_are_read() -> None:
    assert grammar.parse_orders(["metrics.`a b` DESC", "start_time", "tags.x asc"], grammar.FOR_RUNS) == [
        Order("metric", "a b", descending=True),
        Order("attribute", "start_time"),
        Order("tag", "x"),
    ]
    for text in ("", "name UP", "name ASC DESC", "'x'", "name, status"):
        with pytest.raises(Invalid):
            grammar.parse_orders([text], grammar.FOR_RUNS)
