"""What every part of an import needs: where from, where to, in whose name, and where to tell it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from accounts.models import Registry, User
from lib.errors import HouseError
from protocols.mlflow_import.ledger import Ledger
from protocols.mlflow_import.report import Progress, Report
from protocols.mlflow_import.source import Source, SourceRefused

T = TypeVar("T")
# Why something did not come along: a refusal of this house, or of the source for one thing.
REFUSALS = (HouseError, SourceRefused)


@dataclass
class Journey:
    """One import. The lists hold what waits until everything else is here."""

    source: Source
    ledger: Ledger
    registry: Registry
    actor: User
    report: Report
    progress: Progress
    takes_files: bool = True
    brings_experiments: bool = True
    linked_runs: list[str] = field(default_factory=list)
    deleted_runs: list[str] = field(default_factory=list)
    measured_models: list[str] = field(default_factory=list)
    deleted_experiments: list[tuple[str, int]] = field(default_factory=list)

    def tell(self, detail: str) -> None:
        """What is being done at this moment, after what is done."""
        done = (f"{count:,} {noun}" for noun in ("runs", "versions", "files") if (count := self.report.carried[noun]))
        self.progress.say("; ".join((", ".join(done), detail)).removeprefix("; "))


def sentence(error: Exception) -> str:
    """The reason, on one line."""
    return " ".join((error.message if isinstance(error, HouseError) else str(error)).split())


def is_temporary(error: Exception) -> bool:
    """Whether the same may work the next time."""
    return isinstance(error, SourceRefused) and error.is_temporary


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items, so many at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def fitting(
    journey: Journey, noun: str, name: str, values: Mapping[str, str], check: Callable[[str, str], None]
) -> dict[str, str]:
    """The pairs that may be stored; each of the others is told."""
    kept = {}
    for key, value in values.items():
        try:
            check(key, value)
        except HouseError as error:
            journey.report.refuse(noun, f"{key[:60]} of {name}", sentence(error))
        else:
            kept[key] = value
    return kept


def pairs(rows: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The pairs in a list of the wire; an unset value is the empty one."""
    return {row.get("key", ""): row.get("value", "") for row in rows or ()}
