"""Where the present request comes from, for the lines that it writes into the log."""

from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Origin:
    """Address, request id and token prefix of a request; empty for background work."""

    address: str = ""
    request_id: str = ""
    token_prefix: str = ""


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())


def current() -> Origin:
    """The origin of what is being done now."""
    return _origin.get()


def begin(origin: Origin) -> None:
    """A request starts (or ends, with an empty origin)."""
    _origin.set(origin)


def note_token(prefix: str) -> None:
    """The request was signed in with the token of this prefix."""
    _origin.set(replace(_origin.get(), token_prefix=prefix))
