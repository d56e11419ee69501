"""Published failures of registries, tried on the server as it ships: what is too much for it, and names not its own."""

import os
import socket

import pytest

from tests.protocols.mlflow_rest.hostile_place import API, Place, place

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("STORAGE_URL")), reason="the server of these tests has files and SQLite in any stack"
)

__all__ = ["place"]


def status_of(place: Place, head: bytes, body: bytes = b"") -> int:
    """The status of the answer to these bytes; 0 when the connection is closed without one."""
    with socket.create_connection(("127.0.0.1", place.tree.port), timeout=10) as connection:
        try:
            connection.sendall(head + b"\r\n\r\n" + body)
            answer = connection.makefile("rb").readline()
        except (BrokenPipeError, ConnectionResetError):
            return 0
    return int(answer.split()[1]) if answer else 0


@pytest.mark.parametrize("prefix", ["/api", "/ajax-api", "/r/main/api", "/r/main/ajax-api"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "localhost@evil", "a/b"])
def test_a_foreign_host_is_refused_in_the_form_of_mlflow(place: Place, prefix: str, host: str) -> None:
    for path in ("2.0/mlflow/experiments/search?max_results=9", "3.0/mlflow/server-info", "2.0/mlflow/nothing"):
        answer = place.send("GET", f"{prefix}/{path}", headers={"Host": host})
        assert answer.status == 400
        # What is no name at all is refused before any door is asked.
        assert answer.body == b"" or answer.json["error_code"] == "INVALID_PARAMETER_VALUE"
    for path in ("/version", "/health", "/api/v1/registries", "/"):
        assert place.send("GET", path, headers={"Host": host}).status == 400


def test_no_head_is_too_much_for_the_server(place: Place) -> None:
    line = b"GET " + API.encode() + b"/experiments/get?experiment_id=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close"
    token = b"\r\nAuthorization: Bearer " + place.tokens["ada"].encode()
    assert status_of(place, line + token) == 200
    for head in (
        line + token + b"\r\nX-Again: x" * 10_000,
        line + token + b"\r\nX-Long: " + b"x" * 1_000_000,
        line + b"\r\nAuthorization: Bearer " + b"x" * 1_000_000,
        line.replace(b"experiment_id=0", b"experiment_id=" + b"0" * 1_000_000) + token,
        line + token + b"\r\nCookie: " + b"a=b; " * 400_000,
    ):
        assert status_of(place, head) in (0, 400, 401, 413, 414, 431)
    assert status_of(place, line + token) == 200


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_no_body_is_too_much_for_the_server(place: Place, kind: str) -> None:
    head = (
        f"POST {API}/experiments/create HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: {kind}\r\n"
        f"Authorization: Bearer {place.tokens['ada']}\r\n"
    ).encode()
    dashes = b"--x\r\n" + b"-" * 10_000_000
    for framed, body in (
        (b"Content-Length: %d" % len(dashes), dashes),
        (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(dashes), dashes)),
    ):
        assert status_of(place, head + framed, body) in (0, 400, 413)
    assert place.send("GET", f"{API}/experiments/get?experiment_id=0").status == 200
