"""Fetching advisories from the server that the operator names, and from no other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from lib.errors import Unavailable
from lib.outside import Unreachable
from supply.audit import fetching
from supply.audit.fetching import fetch_newer
from supply.models import AdvisoryImport
from supply.operations.advisories import refresh_advisories
from supply.tasks import refresh_advisories as task
from tests.factories.advisories import osv, write


class Mirror:
    """A server of one file on the loopback interface, with its habits."""

    def __init__(self) -> None:
        self.content = b""
        self.etag = '"1"'
        self.habit = ""
        self.asked: list[dict[str, str]] = []
        self.url = ""
        self.over = threading.Event()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(dict(handler.headers.items()))
        if self.habit == "redirect":
            handler.send_response(302)
            handler.send_header("Location", self.url)
            handler.end_headers()
            return
        if self.habit == "error" or handler.headers.get("If-None-Match") == self.etag:
            handler.send_response(500 if self.habit else 304)
            handler.end_headers()
            return
        handler.send_response(200)
        handler.send_header("ETag", self.etag)
        handler.send_header("Content-Length", str(len(self.content)))
        handler.end_headers()
        if self.habit == "slow":
            handler.wfile.write(self.content[:10])
            self.over.wait(30)
        else:
            handler.wfile.write(self.content[: len(self.content) // 2 if self.habit == "short" else None])


@contextmanager
def serve() -> Iterator[Mirror]:
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirror.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}/all.zip"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield mirror
    finally:
        mirror.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def mirror(settings: Settings, tmp_path: Path) -> Iterator[Mirror]:
    """Serves one advisory; the operator has named it, and said that it is inside."""
    with serve() as found:
        found.content = write(tmp_path / "served.zip", osv("GHSA-1", fixed="1")).read_bytes()
        settings.ADVISORIES_URL = found.url
        settings.ADVISORIES_INSIDE = ["127.0.0.1"]
        yield found


@pytest.mark.django_db
def test_a_newer_file_is_fetched_once(mirror: Mirror, system: User, settings: Settings) -> None:
    made = refresh_advisories(actor=system)
    assert made is not None and (made.etag, made.source, made.record_count) == ('"1"', mirror.url, 1)
    assert refresh_advisories(actor=system) is None
    assert "If-None-Match" not in mirror.asked[0] and mirror.asked[1]["If-None-Match"] == '"1"'
    mirror.etag = '"2"'
    task()
    assert AdvisoryImport.objects.count() == 2
    assert not list(Path(settings.DATA_DIR).glob("advisories-*"))


@pytest.mark.django_db
def test_nothing_is_fetched_unless_an_address_is_set(mirror: Mirror, system: User, settings: Settings) -> None:
    settings.ADVISORIES_URL = ""
    assert refresh_advisories(actor=system) is None
    task()
    assert mirror.asked == []


@pytest.mark.django_db
@pytest.mark.parametrize("habit", ["redirect", "error", "short"])
def test_a_server_with_bad_habits_changes_nothing(
    mirror: Mirror, habit: str, system: User, caplog: pytest.LogCaptureFixture
) -> None:
    mirror.habit = habit
    with pytest.raises(Unavailable, match="could not be fetched"):
        refresh_advisories(actor=system)
    task()
    assert "The advisories were not refreshed" in caplog.text
    assert not AdvisoryImport.objects.exists()


@pytest.mark.django_db
def test_a_mirror_inside_has_to_be_named(mirror: Mirror, system: User, settings: Settings) -> None:
    settings.ADVISORIES_INSIDE = []
    with pytest.raises(Unavailable, match="https://"):
        refresh_advisories(actor=system)
    assert mirror.asked == []


def test_a_file_that_never_ends_is_cut_off(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.habit = "slow"
    with pytest.raises(Unreachable):
        fetch_newer(mirror.url, tmp_path / "x", etag="", inside=["127.0.0.1"], seconds=0.3)
    mirror.habit = ""
    monkeypatch.setattr(fetching, "LARGEST_FILE", 100)
    with pytest.raises(Unreachable, match="larger than"):
        fetch_newer(mirror.url, tmp_path / "x", etag="", inside=["127.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://x.example.org/all.zip", "http://169.254.169.254/", "https://127.0.0.1/all.zip"),
        *("https://localhost/all.zip", "http://x.example.org/all.zip", "https://a:b@x.example.org/all.zip", "all.zip"),
    ],
)
def test_an_address_that_leads_elsewhere_is_not_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        fetch_newer(url, tmp_path / "x", etag="", inside=[])
    assert not (tmp_path / "x").exists()


def test_a_public_name_with_an_address_inside_is_never_connected_to(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", ("127.0.0.1", port))])
    with pytest.raises(Unreachable, match="no public address"):
        fetch_newer("https://advisories.example.org/all.zip", tmp_path / "x", etag="", inside=[])
    assert mirror.asked == []
