"""A server that stands between the import and its source, and loses, cuts or holds what a test wants lost."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Between(ThreadingHTTPServer):
    """Hands requests on. `cut`: {part of an address: how many more times its answer ends in the middle}."""

    daemon_threads = True

    def __init__(self, source: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.source = urlsplit(source)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.cut: dict[str, int] = {}
        self.asked: list[str] = []
        # From the request of this number on, nothing is answered any more until `go_on` is called.
        self.hold_from: int | None = None
        # Requests with this in their body are answered with 500.
        self.fail_for = b""
        # The answer to an address with this in it stops in the middle, until `go_on` is called.
        self.hold_in = ""
        # From the request of this number on, every connection breaks.
        self.dead_from: int | None = None
        self.is_holding = threading.Event()
        self._open = threading.Event()

    def go_on(self) -> None:
        """Hold nothing any more, and let those go that were held."""
        self.hold_from, self.hold_in = None, ""
        self.is_holding.clear()
        self._open.set()
        self._open = threading.Event()

    def hold(self) -> None:
        """Wait until the test lets us go on."""
        gate = self._open
        self.is_holding.set()
        gate.wait(120)

    def handle_error(self, request: object, client_address: object) -> None:
        """The import was killed while it was answered: nothing to say."""


class _Handler(BaseHTTPRequestHandler):
    server: Between
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        between, address = self.server, unquote(self.path)
        between.asked.append(address)
        if between.hold_from is not None and len(between.asked) >= between.hold_from:
            between.hold()
        if between.dead_from is not None and len(between.asked) >= between.dead_from:
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if between.fail_for and between.fail_for in body:
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        connection = http.client.HTTPConnection(between.source.hostname or "", between.source.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        if between.hold_in and between.hold_in in address:
            self.wfile.write(content[:half])
            between.hold()
            content = content[half:]
        for part, times in between.cut.items():
            if part in address and times:
                between.cut[part] -= 1
                self.wfile.write(content[:half])
                self.close_connection = True
                return
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 # the name is the library's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is the library's
        """Say nothing."""


@contextmanager
def standing_before(source: str) -> Iterator[Between]:
    """Run it while the block lasts."""
    server = Between(source)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.go_on()
        server.shutdown()
        server.server_close()
        thread.join(10)
