"""Reading the fields of a request."""

from typing import Any

import pytest

from protocols.mlflow_rest.wire import Parameters

GOOD = {"key": "a", "value": 0.5, "step": 1}


def rows_of(*items: Any) -> list[tuple[Any, ...]] | None:
    return Parameters({"metrics": list(items)}).plain_rows("metrics", key=str, value=float, step=int)


def test_a_list_of_plain_objects_is_read_at_once() -> None:
    assert rows_of(GOOD, GOOD | {"value": 2.0}) == [("a", 0.5, 1), ("a", 2.0, 1)]


@pytest.mark.parametrize(
    "odd",
    [
        5,
        "x",
        None,
        [],
        {},
        {"key": "a", "value": 0.5},
        GOOD | {"more": 1},
        GOOD | {"value": 1},
        GOOD | {"value": "NaN"},
        GOOD | {"step": True},
        GOOD | {"step": None},
        {"key": "a", "value": 0.5, "steps": 1},
    ],
)
def test_any_other_list_is_left_to_be_read_field_by_field(odd: Any) -> None:
    assert rows_of(GOOD, odd) is None
    assert rows_of(odd, GOOD) is None


def test_an_empty_list_and_an_absent_one_have_no_rows() -> None:
    assert not rows_of()
    assert not Parameters({}).plain_rows("metrics", key=str)
