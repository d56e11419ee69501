"""A small OpenID Connect provider for tests, in a process of its own on the loopback interface.

It is strict where a real one is: the client's secret, the registered redirect address, PKCE (S256), codes that work
once. What a test may do beyond that is under `/control`: say who signs in, spoil identity tokens, issue any token.

    with serve(tmp_path) as provider:
        provider.register("http://testserver/sign-in/single/back")
        provider.person(sub="7", preferred_username="ada", email="ada@example.org", groups=["ml"])
        back = provider.authorize(location)              # the browser's part: the address with the code
        provider.spoil(claims={"aud": "somebody else"})  # until `provider.spoil()`
        token = provider.token({"sub": "repo:x", "aud": "gatehouse"})  # such as a CI job has
        token = provider.token({...}, key="unpublished")               # signed by nobody known
"""

import argparse
import base64
import hashlib
import hmac
import html
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.services.processes import free_port, running

CLIENT_ID = "gatehouse"
CLIENT_SECRET = "a secret of the client"
LIFE = 300


@dataclass(frozen=True)
class Provider:
    """The running provider, as a test speaks to it."""

    issuer: str

    def register(self, *redirect_addresses: str) -> None:
        """Let codes go to these addresses and no others."""
        self._control("register", list(redirect_addresses))

    def person(self, **claims: Any) -> None:
        """Whoever presses the button on the next sign-in pages has these claims; `sub` is needed."""
        self._control("person", claims)

    def spoil(self, *, claims: dict[str, Any] | None = None, key: str = "published", alg: str = "RS256") -> None:
        """Put these claims into identity tokens (None takes one out), sign them with that key or algorithm."""
        self._control("spoil", {"claims": claims or {}, "key": key, "alg": alg})

    def token(self, claims: dict[str, Any], *, key: str = "published", alg: str = "RS256", life: int = LIFE) -> str:
        """An identity token with these claims; `iss`, `iat`, `exp` are filled in unless given (None leaves one out)."""
        said = self._control("token", {"claims": claims, "key": key, "alg": alg, "life": life})
        token: str = said["token"]
        return token

    def authorize(self, location: str, *, agree: bool = True) -> str:
        """Press the button on the sign-in page at `location`; the address that the browser is sent back to."""
        data = urlsplit(location).query + ("&agree=yes" if agree else "&agree=no")
        request = urllib.request.Request(f"{self.issuer}/authorize", data.encode(), method="POST")
        try:
            with urllib.request.build_opener(_NoRedirect()).open(request, timeout=10) as answer:
                raise AssertionError(f"The provider refused: {answer.read().decode()}")
        except urllib.error.HTTPError as answer:
            with answer:
                if answer.code != 302:
                    raise AssertionError(f"The provider refused: {answer.read().decode()}") from answer
                return str(answer.headers["Location"])

    def _control(self, what: str, said: Any) -> Any:
        address = f"{self.issuer}/control/{what}"
        request = urllib.request.Request(address, json.dumps(said).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@contextmanager
def serve(folder: Path) -> Iterator[Provider]:
    """Run a provider for as long as the block lasts; its log is in the folder."""
    port = free_port()
    command = [sys.executable, "-m", "tests.services.oidc_provider", "--port", str(port)]
    root = Path(__file__).resolve().parents[2]
    with running(command, folder / "oidc-provider.log", ready=b"ready", cwd=root):
        yield Provider(f"http://127.0.0.1:{port}")


# ---- the process itself


@dataclass
class State:
    """What the provider knows."""

    issuer: str
    redirect_addresses: set[str] = field(default_factory=set)
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "preferred_username": "ada"})
    spoilt: dict[str, Any] = field(default_factory=lambda: {"claims": {}, "key": "published", "alg": "RS256"})
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    access: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, rsa.RSAPrivateKey] = field(
        default_factory=lambda: {name: rsa.generate_private_key(65537, 2048) for name in ("published", "unpublished")}
    )

    def sign(self, claims: dict[str, Any], *, key: str, alg: str) -> str:
        """A JSON Web Token. HS256 is signed with the public key, as in an old attack on careless libraries."""
        said = {name: value for name, value in claims.items() if value is not None}
        if alg == "none":
            return jwt.encode(said, "", algorithm="none", headers={"kid": "published"})
        if alg == "HS256":
            return _confused(said, RSAAlgorithm.to_jwk(self.keys["published"].public_key()))
        return jwt.encode(said, self.keys[key], algorithm=alg, headers={"kid": "published"})


def _confused(claims: dict[str, Any], secret: str) -> str:
    header = {"alg": "HS256", "kid": "published", "typ": "JWT"}
    parts = [_plain64(json.dumps(part).encode()) for part in (header, claims)]
    mac = hmac.new(secret.encode(), ".".join(parts).encode(), "sha256")
    return ".".join([*parts, _plain64(mac.digest())])


def _plain64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Refused(Exception):
    """An OAuth error word."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    state: State

    def do_GET(self) -> None:
        """The documents, the sign-in page, who it was."""
        path = urlsplit(self.path).path
        if path == "/.well-known/openid-configuration":
            self.say(self.configuration())
        elif path == "/jwks":
            public = json.loads(RSAAlgorithm.to_jwk(self.state.keys["published"].public_key()))
            self.say({"keys": [{**public, "kid": "published", "use": "sig", "alg": "RS256"}]})
        elif path == "/authorize":
            self.sign_in_page()
        elif path == "/userinfo":
            said = self.state.access.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            self.say(said or {"error": "invalid_token"}, status=200 if said else 401)
        else:
            self.say({"error": "not_found"}, status=404)

    def do_POST(self) -> None:
        """The button on the sign-in page, codes for tokens, and what tests ask for."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        path = urlsplit(self.path).path
        try:
            if path == "/authorize":
                self.send_back(_single(body))
            elif path == "/token":
                self.say(self.exchange(_single(body)))
            elif path.startswith("/control/"):
                self.say(self.control(path.removeprefix("/control/"), json.loads(body)))
            else:
                self.say({"error": "not_found"}, status=404)
        except Refused as refusal:
            self.say({"error": str(refusal)}, status=400)

    def configuration(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0."""
        issuer = self.state.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def sign_in_page(self) -> None:
        """What a person sees who was sent here."""
        asked = _single(urlsplit(self.path).query)
        try:
            self.check(asked)
        except Refused as refusal:
            self.say({"error": str(refusal)}, status=400)
            return
        kept = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        name = html.escape(str(self.state.person.get("preferred_username", "")))
        page = (
            f'<!doctype html><html lang="en"><title>Provider</title><h1>The provider</h1>'
            f'<form method="post" action="/authorize">{kept}'
            f'<button name="agree" value="yes">Continue as {name}</button>'
            f'<button name="agree" value="no">Refuse</button></form></html>'
        )
        self.say(page)

    def check(self, asked: dict[str, str]) -> None:
        """Whether a sign-in may begin."""
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") not in self.state.redirect_addresses:
            raise Refused("unauthorized_client")
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            raise Refused("invalid_request")
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge") or not asked.get("state"):
            raise Refused("invalid_request")

    def send_back(self, asked: dict[str, str]) -> None:
        """Back to the client with a code, or with word of the refusal."""
        self.check(asked)
        said = {"state": asked["state"]}
        if asked.get("agree") == "yes":
            code = said["code"] = secrets.token_urlsafe(24)
            self.state.codes[code] = {**asked, "person": dict(self.state.person)}
        else:
            said["error"] = "access_denied"
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(said)}")
        self.end_headers()

    def exchange(self, asked: dict[str, str]) -> dict[str, Any]:
        """Tokens for a code, once, and only for the client that the code was for."""
        client, secret = asked.get("client_id", ""), asked.get("client_secret", "")
        if (header := self.headers.get("Authorization", "")).startswith("Basic "):
            client, _, secret = (unquote_plus(part) for part in base64.b64decode(header[6:]).decode().partition(":"))
        if client != CLIENT_ID or not secrets.compare_digest(secret.encode(), CLIENT_SECRET.encode()):
            raise Refused("invalid_client")
        code = self.state.codes.pop(asked.get("code", ""), None)
        if code is None or asked.get("grant_type") != "authorization_code":
            raise Refused("invalid_grant")
        verifier = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if code["redirect_uri"] != asked.get("redirect_uri") or code["code_challenge"] != _plain64(verifier):
            raise Refused("invalid_grant")
        access = secrets.token_urlsafe(24)
        self.state.access[access] = code["person"]
        return {"access_token": access, "token_type": "Bearer", "expires_in": LIFE, "id_token": self.identity(code)}

    def identity(self, code: dict[str, Any]) -> str:
        """The identity token of a sign-in."""
        now = int(time.time())
        claims = {"iss": self.state.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + LIFE, **code["person"]}
        if "nonce" in code:
            claims["nonce"] = code["nonce"]
        spoilt = self.state.spoilt
        return self.state.sign({**claims, **spoilt["claims"]}, key=spoilt["key"], alg=spoilt["alg"])

    def control(self, what: str, said: Any) -> dict[str, Any]:
        """What only a test may ask for."""
        match what:
            case "register":
                self.state.redirect_addresses = set(said)
            case "person":
                self.state.person = said
            case "spoil":
                self.state.spoilt = said
            case "token":
                now = int(time.time())
                claims = {"iss": self.state.issuer, "iat": now, "exp": now + said["life"], **said["claims"]}
                return {"token": self.state.sign(claims, key=said["key"], alg=said["alg"])}
            case _:
                raise Refused("not_found")
        return {}

    def say(self, answer: dict[str, Any] | str, *, status: int = 200) -> None:
        """Send a document or a page."""
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def main() -> None:
    """Serve until somebody ends the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    Handler.state = State(f"http://127.0.0.1:{port}")
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("ready", flush=True)  # noqa: T201 # the test waits for it
    server.serve_forever()


if __name__ == "__main__":
    main()
