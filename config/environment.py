"""Reading the environment: the data folder, the secret key, the database address. Settings put the answers together."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def listed(name: str) -> list[str]:
    """The comma-separated words of a variable."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def is_on(name: str, *, default: bool = False) -> bool:
    """Whether a variable says yes."""
    return os.environ.get(name, str(default)).lower() in ("1", "true", "yes", "on")


def whole_number(name: str, default: int) -> int:
    """The number that a variable says, at least one."""
    given = os.environ.get(name) or str(default)
    if not given.isascii() or not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{name} is {given!r}, which is not a whole number above zero.")
    return int(given)


def one_of(name: str, *words: str) -> str:
    """The word that a variable says; the first of those that it may say by default."""
    given = os.environ.get(name, "").strip().lower() or words[0]
    if given not in words:
        raise ValueError(f"{name} is {given!r}, which is none of {', '.join(words)}.")
    return given


def mail_server(url: str) -> dict[str, Any]:
    """Django's settings for `smtp://user:password@host:587` (with STARTTLS), `smtps://...`, or none: mail is printed.

    `smtp://host:25?tls=off` sends without encryption, as to a relay on the same machine.
    """
    parts = urlsplit(url)
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("EMAIL_URL begins with smtp:// or smtps:// and names a host.")
    is_tls = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if is_tls else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_tls,
        "EMAIL_USE_TLS": not is_tls and dict(parse_qsl(parts.query)).get("tls") != "off",
        "EMAIL_TIMEOUT": 10,
    }


def single_sign_on() -> dict[str, Any]:
    """allauth's settings for the one OpenID Connect provider that the environment names, or none."""
    issuer = os.environ.get("OIDC_ISSUER", "").strip()
    ours = "dashboard.sign_in.provider.Provider"
    if not issuer:
        return {"openid_connect": {"provider_class": ours, "APPS": []}}
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("OIDC_ISSUER begins with https://.")
    if not os.environ.get("OIDC_CLIENT_ID"):
        raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID beside it.")
    app = {
        # People are linked to issuer and subject, so another issuer is another provider.
        "provider_id": f"oidc-{hashlib.sha256(issuer.encode()).hexdigest()[:24]}",
        "name": os.environ.get("OIDC_NAME") or "single sign-on",
        "client_id": os.environ["OIDC_CLIENT_ID"],
        "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"provider_class": ours, "APPS": [app]}}


def data_folder(default: Path) -> Path:
    """The folder of everything that Gatehouse keeps, made for its owner only."""
    folder = Path(os.environ.get("DATA_DIR") or default).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def secret_key(folder: Path) -> str:
    """SECRET_KEY, or the one that the first start wrote into the data folder."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    path = folder / "secret-key"
    beside = folder / f"secret-key.{os.getpid()}"
    if not path.exists():
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        # Two processes may start at once: a link fails if the name is there already, so the first one wins.
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_text().strip()


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for `sqlite:///path` (also with no path at all) or `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url or "sqlite://")
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path.removeprefix("/") or folder / "gatehouse.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # Several processes write: take the write lock when a transaction begins, and wait for it.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in ("postgresql", "postgres"):
        return {
            "ENGINE": "config.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": parts.port or "",
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            # A statement that comes again is planned once.
            "OPTIONS": {"server_side_binding": True, "prepare_threshold": 2, **_options(parts.query)},
        }
    raise ValueError(f"DATABASE_URL begins with sqlite:// or postgresql://, not with {parts.scheme}://")


def _options(query: str) -> dict[str, Any]:
    """What the address says after its question mark; `prepare_threshold=none` plans every statement anew."""
    options: dict[str, Any] = dict(parse_qsl(query))
    if threshold := options.get("prepare_threshold"):
        options["prepare_threshold"] = int(threshold) if threshold.isdecimal() else None
    return options
