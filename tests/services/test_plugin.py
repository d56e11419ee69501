"""The stack gives what it promises, and says what it cannot give."""

import os
import subprocess
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
OWN = ("CI", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS")


def run(folder: Path, test: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Another pytest with this plugin and nothing else, on one test."""
    file = folder / "test_sample.py"
    file.write_text(test)
    surroundings: Mapping[str, str] = {name: value for name, value in os.environ.items() if name not in OWN}
    plugins = ("-p", "tests.services.plugin", "-p", "xdist", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", folder, *plugins, *options, file],
        cwd=ROOT,
        env={**surroundings, **environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


BROWSES = "def test_browses(page): pass"


def test_what_is_missing_is_skipped_and_told(tmp_path: Path) -> None:
    ended = run(tmp_path, BROWSES, CHROMIUM="/nowhere")
    assert ended.returncode == 0
    assert "missing browser: CHROMIUM names /nowhere, which is not a file; 1 test skipped" in ended.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
def test_what_is_missing_fails_the_run_where_ci_is_set(tmp_path: Path, options: tuple[str, ...]) -> None:
    ended = run(tmp_path, BROWSES, *options, CHROMIUM="/nowhere", CI="true")
    assert ended.returncode == 1
    assert "missing browser" in ended.stdout


def test_what_no_test_wanted_is_not_missed(tmp_path: Path) -> None:
    ended = run(tmp_path, "def test_nothing(): pass", CHROMIUM="/nowhere", CI="true")
    assert ended.returncode == 0
    assert "missing" not in ended.stdout


def test_the_embedded_stack_keeps_away_from_real_data(tmp_path: Path) -> None:
    test = """
import os
def test_the_surroundings():
    assert "DATABASE_URL" not in os.environ and "STORAGE_URL" not in os.environ
    assert os.environ["DATA_DIR"] != "/real"
"""
    ended = run(tmp_path, test, DATABASE_URL="postgres://real", STORAGE_URL="s3://real", DATA_DIR="/real")
    assert ended.returncode == 0, ended.stdout


def test_the_embedded_stack_leaves_out_what_needs_servers(tmp_path: Path) -> None:
    test = "import pytest\n@pytest.mark.needs('s3')\ndef test_a(): pass\ndef test_b(): pass"
    assert "1 passed, 1 deselected" in run(tmp_path, test).stdout


@pytest.mark.needs("postgres")
def test_postgres_answers() -> None:
    import psycopg

    address = os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT 6 * 7").fetchone() == (42,)


@pytest.mark.needs("redis")
def test_redis_answers() -> None:
    import redis

    with redis.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as client:
        assert client.ping()


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Hello</title>")

    def log_message(self, *words: object) -> None: ...


def test_the_browser_opens_a_page(page: "Page") -> None:
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        assert page.title() == "Hello"
        server.shutdown()


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        ("<script>nothing.there()</script>", "script error"),
        ("<img src='http://192.0.2.1/pixel'>", "asked 192.0.2.1"),
        (
            "<meta http-equiv='Content-Security-Policy' content='default-src data:'><script>1</script>",
            "Security Policy",
        ),
    ],
)
def test_a_page_that_misbehaves_fails_its_test(tmp_path: Path, deed: str, fault: str) -> None:
    ended = run(tmp_path, f'def test_page(page): page.set_content("{deed}", wait_until="commit")')
    assert ended.returncode == 1
    assert fault in ended.stdout
