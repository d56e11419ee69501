"""Reading the environment: the data folder, the secret key, the database address. Settings put the answers together."""

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
