"""JSON that has one reading or none: no name twice, no numbers that are none, no text that cannot be stored.

Two readers that disagree about a document are how a signature comes to vouch for something that was never signed.
"""

import json
from typing import Any

from supply.signing.refusals import Malformed


def read(raw: bytes, what: str) -> Any:
    """The value in `raw`; `what` names it in sentences. Raises Malformed."""
    try:
        return _loaded(raw)
    except Malformed as problem:
        raise Malformed(f"{what} {problem}") from None
    except RecursionError:
        raise Malformed(f"{what} is nested too deeply.") from None
    except ValueError:
        raise Malformed(f"{what} is not JSON.") from None


def read_object(raw: bytes, what: str) -> dict[str, Any]:
    """The same where it has to be an object."""
    value = read(raw, what)
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not a JSON object.")
    return value


def write(value: object) -> bytes:
    """The one spelling of a value: names in order, no blanks, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def text(holder: dict[str, Any], name: str, what: str, *, default: str | None = None) -> str:
    """The text under this name. Raises Malformed, also when it is missing and there is no default."""
    value = holder.get(name, default)
    if not isinstance(value, str):
        raise Malformed(f"{what} has no text “{name}”.")
    return value


def inner(holder: dict[str, Any], name: str, what: str) -> dict[str, Any]:
    """The object under this name. Raises Malformed."""
    value = holder.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"{what} has no object “{name}”.")
    return value


def listed(holder: dict[str, Any], name: str, what: str) -> list[dict[str, Any]]:
    """The list of objects under this name. Raises Malformed."""
    value = holder.get(name)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Malformed(f"{what} has no list of objects “{name}”.")
    return value


def _loaded(raw: bytes) -> Any:
    value = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    # Databases store neither NUL nor half a character, and both come into JSON as escapes only.
    if b"\\u" in raw and not _is_text(value):
        raise Malformed("holds text that is no text.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("names something twice.")
    return found


def _refuse(constant: str) -> None:
    raise Malformed(f"holds {constant}, which is not JSON.")


def _is_text(value: Any) -> bool:
    """Whether all texts in a value are, names included."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value if letter > "\u07ff")
    if isinstance(value, dict):
        return all(map(_is_text, value)) and all(map(_is_text, value.values()))
    return all(map(_is_text, value)) if isinstance(value, list) else True
