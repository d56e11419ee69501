"""Time as the wire protocols spell it."""

from datetime import UTC, datetime


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC."""
    return int(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The moment that many milliseconds after 1970-01-01 UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
