"""What the tests of scanning share."""

import pytest

from tests.scanning.engines import note_others


@pytest.fixture
def alone() -> None:
    """The test counts only processes that it starts itself."""
    note_others()
