"""Chromium for the tests, driven by Playwright: ask for `page`, and be skipped where there is no browser."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.services.processes import Missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: it cannot be set up as root. The rest keeps the browser from talking to anybody but the server under test.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> Path:
    """The browser: CHROMIUM in the environment, else the system's, else the one Playwright fetched. Raises Missing."""
    if not importlib.util.find_spec("playwright"):
        raise Missing("the wheel playwright is not installed")
    if named := os.environ.get("CHROMIUM"):
        if not Path(named).is_file():
            raise Missing(f"CHROMIUM names {named}, which is not a file")
        return Path(named)
    found = [Path(path) for name in NAMES if (path := shutil.which(name))]
    found += sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"), reverse=True)
    if not found:
        raise Missing("there is none (install the package chromium, or name one in CHROMIUM)")
    return found[0]


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """One headless browser for all tests."""
    from django.db import connections
    from playwright.sync_api import sync_playwright

    open_now = {alias: connections[alias] for alias in connections}
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for a reason to refuse the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # To a thread with a loop Django gives new connections, which know nothing of the rows to put back after a test.
        for alias, connection in open_now.items():
            connections[alias] = connection
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Browser") -> "Iterator[Page]":
    """A page with no past. The test fails if a script throws, if the page breaks its own content security policy, or if
    it asks another machine for anything.
    """
    context = chromium.new_context()
    faults: list[str] = []

    def see(request: "Request") -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1", "localhost"):
            faults.append(f"asked {host} for {request.url}")

    def hear(message: "ConsoleMessage") -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context.on("request", see)
    context.on("console", hear)
    context.on("weberror", lambda thrown: faults.append(f"script error: {thrown.error}"))
    yield context.new_page()
    context.close()
    assert not faults, "\n".join(faults)
