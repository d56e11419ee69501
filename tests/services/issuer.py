"""An issuer of identity tokens on the loopback interface, with keys of every kind and every bad habit.

with serve() as issuer:
    issuer.token({"sub": "repo:acme/model"})
    issuer.keys = {"second": issuer.make_key("ES256")}   # a rotation
    issuer.habit = "slow"                                # or huge, redirecting, broken, another issuer
"""

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

_MAKERS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
_SPELLERS: dict[str, Callable[[Any], str]] = {
    "RS256": RSAAlgorithm.to_jwk,
    "ES256": ECAlgorithm.to_jwk,
    "EdDSA": OKPAlgorithm.to_jwk,
}


@dataclass(frozen=True)
class Key:
    """A private key and what it signs with."""

    algorithm: str
    private: Any

    def published(self, kid: str) -> dict[str, Any]:
        """As the issuer shows it."""
        jwk: dict[str, Any] = json.loads(_SPELLERS[self.algorithm](self.private.public_key()))
        return {**jwk, "kid": kid, "use": "sig", "alg": self.algorithm}


@dataclass
class Issuer:
    """The issuer, as a test speaks to it."""

    address: str = ""
    keys: dict[str, Key] = field(default_factory=dict)
    habit: str = ""
    asked: list[str] = field(default_factory=list)
    jwks_address: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @staticmethod
    def make_key(algorithm: str) -> Key:
        """A key that nobody knows of yet."""
        return Key(algorithm, _MAKERS[algorithm]())

    def token(
        self,
        claims: dict[str, Any],
        *,
        kid: str = "first",
        key: Key | None = None,
        headers: Any = None,
        life: int = 300,
    ) -> str:
        """An identity token; `iss`, `iat` and `exp` are filled in unless given, and None leaves one out."""
        now, key = int(time.time()), key or self.keys[kid]
        said = {"iss": self.address, "iat": now, "exp": now + life, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, key.private, algorithm=key.algorithm, headers={"kid": kid, **(headers or {})})

    def unsigned(self, claims: dict[str, Any], algorithm: str = "none") -> str:
        """The same without a signature, or signed with the public key as the secret of HS256."""
        _, payload, _ = self.token(claims).split(".")
        start = f"{_plain64(json.dumps({'alg': algorithm, 'kid': 'first', 'typ': 'JWT'}).encode())}.{payload}"
        secret = RSAAlgorithm.to_jwk(self.keys["first"].private.public_key()).encode()
        mac = hmac.new(secret, start.encode(), "sha256").digest() if algorithm != "none" else b"x"
        return f"{start}.{_plain64(mac)}"

    def answer(self, path: str) -> Any:
        """The document at a path."""
        if path.endswith("/.well-known/openid-configuration"):
            issuer = "https://elsewhere.example" if self.habit == "another issuer" else self.address
            return {"issuer": issuer, "jwks_uri": self.jwks_address or f"{self.address}/keys"}
        if path == "/keys":
            return {"keys": [key.published(kid) for kid, key in self.keys.items()]}
        return None


@contextmanager
def serve() -> Iterator[Issuer]:
    """Run an issuer for as long as the block lasts."""
    issuer = Issuer(keys={"first": Issuer.make_key("RS256")})
    handler = type("Handler", (_Handler,), {"issuer": issuer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers one request as well as the habit lets it."""

    issuer: Issuer

    def do_GET(self) -> None:
        """A document."""
        issuer = self.issuer
        issuer.asked.append(self.path)
        found = issuer.answer(self.path)
        if issuer.habit == "redirecting":
            self.send_response(302)
            self.send_header("Location", f"{issuer.address}/keys")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if issuer.habit == "slow":
            while not issuer.over.wait(0.05) and self.trickle(b" "):
                pass
        elif issuer.habit == "huge":
            self.trickle(b" " * 10_000_000)
        self.trickle(b"{" if issuer.habit == "broken" else json.dumps(found).encode())

    def trickle(self, content: bytes) -> bool:
        """Send something to whoever still listens."""
        try:
            self.wfile.write(content)
        except OSError:
            return False
        return True

    def log_message(self, *args: Any) -> None:
        """Nothing: `asked` tells."""


def _plain64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
