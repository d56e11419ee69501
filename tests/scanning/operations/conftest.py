"""What tests of scans need."""

import pytest

from registry.models import ModelVersion
from scanning.models import Scan
from scanning.operations import scans
from tests.scanning.operations.fakes import Engine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The fake in place of the sandbox."""
    fake = Engine()
    monkeypatch.setattr(scans, "scan_files", fake)
    return fake


@pytest.fixture
def scan(version: ModelVersion) -> Scan:
    """The scan that registering the version asked for."""
    return Scan.objects.get(tree=version.tree)
