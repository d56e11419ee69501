"""The refusals of the house. Operations and queries raise these; each protocol translates them into its own words."""

from collections.abc import Sequence

LONGEST_MESSAGE = 4_000


class HouseError(Exception):
    """Something was refused; `message` is a sentence that a person can act on.

    It often repeats what was sent, which may be long; nobody reads further than a page.
    """

    def __init__(self, message: str) -> None:
        message = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
        super().__init__(message)
        self.message = message


class Unauthenticated(HouseError):
    """Nobody, or somebody whose credentials are wrong or expired."""


class Forbidden(HouseError):
    """The actor sees the thing but may not do this to it."""


class NotFound(HouseError):
    """There is no such thing, or the actor may not know that there is."""


class Invalid(HouseError):
    """A value that cannot be accepted; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class AlreadyExists(HouseError):
    """The name is taken."""


class Conflict(HouseError):
    """Somebody else was faster; what the actor saw is no longer so."""


class GateRefused(HouseError):
    """A version may not make this move; `reasons` holds every sentence, not only the first."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


class TooOften(HouseError):
    """Refused for a while, such as after many wrong passwords; `wait` says for how many seconds."""

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class TooLarge(HouseError):
    """More bytes, rows or characters than one request may bring."""


class Unavailable(HouseError):
    """A part of the installation does not answer now (disk full, store away); trying again later makes sense."""
