"""The MLflow server that things move in from: plain requests to its REST API. Nothing of this house is known here."""

import base64
import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

API = "/api/2.0/mlflow"
_PIECE = 1024 * 1024
_TIMEOUT = 60
_TRIES = 4
_TEMPORARY = (408, 429, 500, 502, 503, 504)


class SourceError(Exception):
    """The source did not give what was asked; the message is a sentence for a person."""


class SourceGone(SourceError):
    """The source does not answer, or not as an MLflow server would: there is no sense in going on."""


class SourceRefused(SourceError):
    """The source answers, but does not give this one thing. `is_temporary`: another day it may."""

    def __init__(self, message: str, *, status: int, is_temporary: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.is_temporary = is_temporary


class CutShort(SourceError):
    """A body ended before its end."""


@dataclass(frozen=True)
class Body:
    """A file on its way: how long it says it is, and its bytes. They can be read once."""

    length: int | None
    pieces: Iterator[bytes]


class Source:
    """One server. Requests are repeated when the server is busy or the connection breaks; one connection is kept."""

    def __init__(self, uri: str, environ: Mapping[str, str] = os.environ) -> None:
        try:
            parts = urlsplit(uri)
            self.port = parts.port
        except ValueError as error:
            raise SourceGone(f"{uri} is no address: {error}.") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceGone(f"{uri} is no address of a running server; it begins with http:// or https://.")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise SourceGone(
                "The address holds more than host and path. Credentials come from MLFLOW_TRACKING_TOKEN, or from "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
            )
        self.host = parts.hostname.lower()
        self.is_secure = parts.scheme == "https"
        self.prefix = parts.path.rstrip("/")
        self.netloc = parts.netloc.lower()
        self.uri = f"{parts.scheme}://{self.netloc}{self.prefix}"
        self._headers = {"Accept-Encoding": "identity", "User-Agent": "gatehouse-import", **credentials(environ)}
        self._certificates = environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None
        self._connection: http.client.HTTPConnection | None = None

    @property
    def digest(self) -> str:
        """A name for this server."""
        return sha256(self.uri.encode()).hexdigest()

    def greet(self) -> None:
        """Return if an MLflow server answers and lets us in. Raises SourceGone."""
        try:
            answer = self._ask("POST", f"{API}/experiments/search", {"max_results": 1, "view_type": "ALL"}, tries=1)
        except SourceRefused as error:
            if error.status in (401, 403):
                raise SourceGone(
                    f"{self.uri} refuses these credentials ({error.status}); look at MLFLOW_TRACKING_TOKEN, or "
                    "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
                ) from error
            raise SourceGone(f"{self.uri} does not answer like an MLflow server: {error}.") from error
        if answer.keys() - {"experiments", "next_page_token"}:
            raise SourceGone(f"{self.uri} does not answer like an MLflow server.")

    def get(self, path: str, /, **fields: Any) -> dict[str, Any]:
        """The answer to a GET below /api/2.0/mlflow."""
        return self._ask("GET", f"{API}/{path}?{urlencode(fields, doseq=True)}", None)

    def post(self, path: str, /, **fields: Any) -> dict[str, Any]:
        """The answer to a POST below /api/2.0/mlflow; only searches are asked this way."""
        return self._ask("POST", f"{API}/{path}", fields)

    def ask_proxy(self, folder: str) -> dict[str, Any]:
        """The listing of a folder that the artifact proxy serves."""
        return self._ask("GET", f"/api/2.0/mlflow-artifacts/artifacts?{urlencode({'path': folder})}", None)

    def pages(self, method: str, path: str, field: str, /, **fields: Any) -> Iterator[dict[str, Any]]:
        """Every row of a listing, page after page."""
        ask = self.get if method == "GET" else self.post
        token = ""
        while True:
            answer = ask(path, **fields, **({"page_token": token} if token else {}))
            yield from answer.get(field, ())
            token = answer.get("next_page_token", "")
            if not token:
                return

    @contextmanager
    def open(self, path: str, /, **fields: str) -> Iterator[Body]:
        """The file at an address below the server's. Raises SourceRefused; reading it may raise CutShort."""
        answer = self._send("GET", quote(path) + (f"?{urlencode(fields)}" if fields else ""), None, _TRIES)
        try:
            yield Body(answer.length, _pieces(answer))
        finally:
            if not answer.isclosed():
                answer.close()
                self.close()

    def close(self) -> None:
        """Give the connection up."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _ask(self, method: str, path: str, fields: Any, tries: int = _TRIES) -> dict[str, Any]:
        body = None if fields is None else orjson.dumps(fields)
        for tries_left in reversed(range(tries)):
            answer = self._send(method, path, body, tries)
            try:
                content = _loaded(b"".join(_pieces(answer)))
            except (ValueError, CutShort) as error:
                answer.close()
                self.close()
                if tries_left and isinstance(error, CutShort):
                    continue
                raise SourceGone(f"{self.uri} does not answer like an MLflow server.") from error
            if isinstance(content, dict):
                return content
            break
        raise SourceGone(f"{self.uri} does not answer like an MLflow server.")

    def _send(self, method: str, path: str, body: bytes | None, tries: int) -> http.client.HTTPResponse:
        """An answer of status 200 whose body is not read yet."""
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        for attempt in range(tries):
            is_last = attempt == tries - 1
            if attempt:
                time.sleep(0.25 * 2**attempt)
            was_kept = self._connection is not None
            try:
                answer = self._exchange(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # The server may have closed the connection that we kept; that counts as no failure.
                if is_last and not was_kept:
                    raise SourceGone(f"{self.uri} does not answer: {str(error) or type(error).__name__}.") from error
                continue
            if answer.status == 200:
                return answer
            refusal = self._refusal(answer)
            if is_last or not (isinstance(refusal, SourceRefused) and refusal.is_temporary):
                raise refusal
        raise SourceGone(f"{self.uri} does not answer: it closes every connection.")

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = (
                http.client.HTTPSConnection(
                    self.host,
                    self.port,
                    timeout=_TIMEOUT,
                    context=ssl.create_default_context(cafile=self._certificates),
                )
                if self.is_secure
                else http.client.HTTPConnection(self.host, self.port, timeout=_TIMEOUT)
            )
        self._connection.request(method, f"{self.prefix}{path}", body=body, headers=dict(headers))
        return self._connection.getresponse()

    def _refusal(self, answer: http.client.HTTPResponse) -> SourceError:
        """What an answer that is no success means."""
        location = answer.headers.get("Location", "")
        content = b""
        with suppress(OSError, http.client.HTTPException):
            content = answer.read(64 * 1024)
        answer.close()
        self.close()
        if 300 <= answer.status < 400:
            # Followed, it would take the credentials to wherever it points.
            return SourceGone(f"{self.uri} sends us to {location[:200]}; give that address if it is the right one.")
        try:
            said = orjson.loads(content)
            message = str(said.get("message", "")) if isinstance(said, dict) else ""
        except ValueError:
            message = ""
        return SourceRefused(
            f"the source answers {answer.status}{': ' if message else ''}{' '.join(message.split())[:300]}",
            status=answer.status,
            is_temporary=answer.status in _TEMPORARY,
        )


def credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The headers of the account at the source; as in MLflow, user and password win over a token."""
    user, password = environ.get("MLFLOW_TRACKING_USERNAME"), environ.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    if token := environ.get("MLFLOW_TRACKING_TOKEN", "").strip():
        return {"Authorization": f"Bearer {token}"}
    return {}


def _loaded(content: bytes) -> Any:
    """The JSON, with what no database keeps put as a sign for unreadable: halves of characters, and NUL."""
    if b"\\u0000" not in content and b"\\ud" not in content.lower():
        return orjson.loads(content)
    text = json.dumps(json.loads(content), ensure_ascii=False).replace("\\u0000", "\ufffd")
    return orjson.loads(text.encode("utf-8", "replace"))


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body in pieces. A connection that was cut looks like an end, so the announced length must be reached."""
    left = answer.length
    try:
        while piece := answer.read(_PIECE):
            left = None if left is None else left - len(piece)
            yield piece
    except (OSError, http.client.HTTPException) as error:
        raise CutShort(f"the connection broke: {str(error) or type(error).__name__}") from error
    if left:
        raise CutShort(f"{left:,} bytes of the file did not come")
