"""Every refusal of the house can be said in every protocol."""

from collections.abc import Iterator, Mapping

import pytest

from dashboard.middleware import STATUS_OF as STATUS_OF_PAGES
from lib.errors import HouseError
from protocols.mlflow_rest.errors import WIRE
from protocols.rest.errors import STATUS_OF


def refusals(base: type[HouseError] = HouseError) -> Iterator[type[HouseError]]:
    """Everything that can be raised."""
    for kind in base.__subclasses__():
        yield kind
        yield from refusals(kind)


@pytest.mark.parametrize("table", [WIRE, STATUS_OF, STATUS_OF_PAGES], ids=["mlflow", "rest", "pages"])
def test_every_refusal_has_a_row(table: Mapping[type[HouseError], object]) -> None:
    assert set(refusals()) == set(table)


@pytest.mark.parametrize("table", [WIRE, STATUS_OF, STATUS_OF_PAGES], ids=["mlflow", "rest", "pages"])
def test_a_refusal_is_never_told_as_a_success_or_a_crash(table: Mapping[type[HouseError], object]) -> None:
    for row in table.values():
        status = row[1] if isinstance(row, tuple) else row
        assert isinstance(status, int)
        assert 400 <= status < 500 or status == 503
