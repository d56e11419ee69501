"""What a bill of materials is made of: plain values, read from the tables before and written down after."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class File:
    """One file of the version."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, order=True)
class Package:
    """A package that the files ask for: one release of it, or without `version` whatever fits the requirement."""

    ecosystem: str
    name: str
    version: str = ""
    requirement: str = ""


@dataclass(frozen=True)
class Weakness:
    """A vulnerability that is known of packages among the dependencies."""

    identifier: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    score: float | None
    modified: datetime
    package: Package
    is_waived: bool


@dataclass(frozen=True, order=True)
class DataSet:
    """A data set that the source run used, and what for."""

    name: str
    digest: str
    use: str = ""


@dataclass(frozen=True, order=True)
class Measure:
    """A metric, and the data set that it was measured on where that is known."""

    name: str
    value: str
    data: str = ""


@dataclass(frozen=True, order=True)
class Ancestor:
    """A model that this one was made from: another version here, or a model that its files name."""

    name: str
    version: str = ""
    registry: str = ""


@dataclass(frozen=True)
class Training:
    """The run that the version came from; times in milliseconds since 1970."""

    run_id: str
    name: str
    start: int | None
    end: int | None


@dataclass(frozen=True)
class Opinion:
    """What the last scan said, by which release of the engine."""

    verdict: str
    engine: str
    rules: str
    allow_list: str


@dataclass(frozen=True)
class Facts:
    """Everything that is known about a version, in no particular order."""

    registry: str
    model: str
    number: int
    created_at: datetime
    description: str = ""
    authors: tuple[str, ...] = ()
    owner: str = ""
    licence: tuple[str, str] | None = None
    tree: str = ""
    files: tuple[File, ...] = ()
    # Each package with the files that name it.
    packages: tuple[tuple[Package, tuple[str, ...]], ...] = ()
    weaknesses: tuple[Weakness, ...] = ()
    datasets: tuple[DataSet, ...] = ()
    measures: tuple[Measure, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    training: Training | None = None
    commit: str = ""
    ancestors: tuple[Ancestor, ...] = ()
    is_from_scratch: bool = False
    task: str = ""
    architecture_family: str = ""
    architecture: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    flavours: tuple[tuple[str, str], ...] = ()
    python: str = ""
    mlflow: str = ""
    opinion: Opinion | None = None
    # Whether something of the origin is left out, as whoever asks may not see it.
    hides_origin: bool = False
