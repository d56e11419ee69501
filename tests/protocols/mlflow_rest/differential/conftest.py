"""A real MLflow server and Gatehouse side by side, and one line at the end that says how far they agree."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Registry, User
from registry import gates
from tests.protocols.mlflow_rest.differential.emptying import empty
from tests.protocols.mlflow_rest.differential.servers import Server
from tests.services.mlflow_server import serve

# Requests in all, and how many agreed, crashed MLflow's server, or differ on purpose.
COUNTS = "mlflow_requests"
# The same error in other words, which is no disagreement but good to know: shown by `pytest -v`.
WORDING = "mlflow_wording"


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Its address and its folder. It is started once, which takes a while: it builds its tables first."""
    folder = tmp_path_factory.mktemp("mlflow")
    with serve(folder) as url:
        yield url, folder


@pytest.fixture
def theirs(mlflow_server: tuple[str, Path]) -> Server:
    """MLflow's server with nothing in it but the default experiment."""
    url, folder = mlflow_server
    empty(folder)
    return Server(url)


@pytest.fixture
def ours(live_server: LiveServer, registry: Registry, administrator: User, token_of: Callable[..., str]) -> Server:
    """Gatehouse with nothing in it but the default experiment, asked by somebody who may do everything."""
    return Server(live_server.url, {"Authorization": f"Bearer {token_of(administrator)}"})


@pytest.fixture
def no_gates(settings: Settings) -> Iterator[None]:
    """MLflow has no gates, so the comparison runs without; what they add is compared apart."""
    settings.PROMOTION_GATES = []
    gates._gates.cache_clear()
    yield
    gates._gates.cache_clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = _told(terminalreporter, COUNTS)
    if not counts:
        return
    asked, agreed, crashed, meant = (sum(numbers) for numbers in zip(*counts, strict=True))
    terminalreporter.write_line(
        f"MLflow's server and Gatehouse: {agreed} of {asked} requests agreed; "
        f"{crashed} crashed MLflow's server and are answered here, {meant} differ on purpose, "
        f"{asked - agreed - crashed - meant} do not agree"
    )
    if terminalreporter.verbosity > 0:
        for words in _told(terminalreporter, WORDING):
            terminalreporter.write_line(words)


def _told(reporter: pytest.TerminalReporter, wanted: str) -> list[Any]:
    """What the tests recorded under this name."""
    reports = [report for status in ("passed", "failed") for report in reporter.stats.get(status, ())]
    return [value for report in reports for name, value in report.user_properties if name == wanted]
