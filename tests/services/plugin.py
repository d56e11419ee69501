"""The stack that a test run stands on, chosen before Django reads its settings.

`pytest` alone runs on SQLite and files. `pytest --stack=production` starts PostgreSQL, Redis and an S3 server first.
A test names the servers it cannot do without: `@pytest.mark.needs("postgres", "s3")`. What this machine cannot give is
skipped and told at the end of the run; where CI is set, the run fails for it.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from tests.services import browser, postgres, redis_server, s3_server
from tests.services.browser import chromium, page
from tests.services.processes import Missing

# The fixtures are here so that pytest finds them.
__all__ = ["chromium", "page"]

SERVERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, str]]]] = {
    "postgres": postgres.serve,
    "redis": redis_server.serve,
    "s3": s3_server.serve,
}
# What would lead the tests to somebody's real data.
FOREIGN = ("DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
# From the process that starts the servers to the workers of pytest-xdist: {part: why it is missing}.
MISSING = "GATEHOUSE_TESTS_MISSING"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stack",
        choices=("embedded", "production"),
        default="embedded",
        help="what the tests run on: SQLite and files, or PostgreSQL, Redis and S3",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """A wrapper, so that it comes before pytest-django, which reads the settings in this same hook."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _part_from_other_workers(worker)
    else:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        _start(stack, early_config.known_args_namespace.stack)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*parts): servers the test cannot do without: postgres, redis, s3")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the embedded stack nobody misses the servers of the other one."""
    if config.option.stack == "production":
        return
    left_out = [item for item in items if _parts(item) & SERVERS.keys()]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for part, reason in _missing().items():
        if part in _parts(item):
            item.user_properties.append(("missing", part))
            pytest.skip(f"{part}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and os.environ.get("CI") and any(_gaps(reporter)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    for gap in _gaps(terminalreporter):
        terminalreporter.write_line(gap, red=bool(os.environ.get("CI")), yellow=True)


def _start(stack: ExitStack, name: str) -> None:
    """Start the servers of the stack in a temporary folder and say in the environment where they are."""
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-tests-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    # PostgreSQL may run under another account, which has to pass through to its own folder.
    folder.chmod(0o711)
    for variable in FOREIGN:
        os.environ.pop(variable, None)
    os.environ["DATA_DIR"] = str(folder / "data")
    missing = {}
    for part, serve in SERVERS.items() if name == "production" else ():
        home = folder / part
        home.mkdir(mode=0o700)
        try:
            os.environ.update(stack.enter_context(serve(home)))
        except Missing as why:
            missing[part] = str(why)
    os.environ[MISSING] = json.dumps(missing)


def _part_from_other_workers(worker: str) -> None:
    """Files, broker and bucket of its own for each worker; pytest-django does the same for the database."""
    number = int(worker.removeprefix("gw"))
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / worker)
    if broker := os.environ.get("CELERY_BROKER_URL"):
        os.environ["CELERY_BROKER_URL"] = f"{broker.removesuffix('/0')}/{number}"
    if storage := os.environ.get("STORAGE_URL"):
        os.environ["STORAGE_URL"] = storage.replace("?", f"/{worker}?", 1)


def _parts(item: pytest.Item) -> set[str]:
    parts = {part for mark in item.iter_markers("needs") for part in mark.args}
    if "chromium" in getattr(item, "fixturenames", ()):
        parts.add("browser")
    return parts


def _missing() -> dict[str, str]:
    """What this machine cannot give, each with the reason."""
    missing: dict[str, str] = json.loads(os.environ[MISSING])
    try:
        browser.executable()
    except Missing as why:
        missing["browser"] = str(why)
    return missing


def _gaps(reporter: TerminalReporter) -> Iterator[str]:
    """A line for each part that was wanted in vain."""
    skipped: list[Any] = [dict(report.user_properties).get("missing") for report in reporter.stats.get("skipped", ())]
    for part, reason in _missing().items():
        count = skipped.count(part)
        if count or part in SERVERS:
            yield f"missing {part}: {reason}; {count} test{'s' * (count != 1)} skipped"
