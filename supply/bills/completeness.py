"""How complete a bill of materials is: in per cent, what is there, and what is missing, in words. Pure.

Ours and those that people supply are judged alike, by the document itself. The weights say what is missed most when
something goes wrong with a model: which bytes these are and whether they are the same everywhere (15), under which
terms it may be used (12), which packages load it, as that is where most vulnerabilities are (12), what it learned
from (10), what it is for (8), how good it was (8), what it was made from (8). Who answers for it, the commit and its
name are a look away elsewhere (6, 6, 3); parameters, run and environment let others make it again (4 each).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Bill = Mapping[str, Any]
Files = Mapping[str, str]
_ENVIRONMENTS = frozenset({"container", "framework", "operating-system", "platform"})
_PACKAGES = frozenset({"application", "framework", "library"})
_FILES = frozenset({"data", "file"})


@dataclass(frozen=True)
class Part:
    """One thing that a bill should say: its weight, what it is called, and what to do where it is missing."""

    name: str
    weight: int
    words: str
    advice: str
    is_there: Callable[[Bill, Files], bool]


@dataclass(frozen=True)
class Completeness:
    """The parts that are there and those that are not; together they weigh 100."""

    present: tuple[Part, ...]
    missing: tuple[Part, ...]
    # Packages that stand there without one release.
    unpinned: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """How much of the weight is there."""
        return sum(part.weight for part in self.present)


def completeness(bill: Bill, files: Files) -> Completeness:
    """Judge a CycloneDX document of a version with these files, SHA-256 by path."""
    found = [(part, part.is_there(bill, files)) for part in PARTS]
    return Completeness(
        present=tuple(part for part, is_there in found if is_there),
        missing=tuple(part for part, is_there in found if not is_there),
        unpinned=tuple(unpinned(bill)),
    )


def components(bill: Bill) -> Iterator[Bill]:
    """Every component below the model, however deep they are nested."""
    open_ones = [*_list(bill, "components"), *_list(_model(bill), "components")]
    while open_ones:
        component = open_ones.pop()
        if isinstance(component, dict):
            yield component
            open_ones += _list(component, "components")


def sha256_of(component: Bill) -> set[str]:
    """The SHA-256 digests that a component names, in lower case."""
    hashes = [entry for entry in _list(component, "hashes") if isinstance(entry, dict)]
    return {str(entry.get("content", "")).lower() for entry in hashes if entry.get("alg") == "SHA-256"}


def path_of(component: Bill) -> str:
    """The path of the file that a component is; empty for other kinds of components."""
    return str(component.get("name", "")).removeprefix("./") if component.get("type") in _FILES else ""


def _has_name(bill: Bill, files: Files) -> bool:
    return bool(_model(bill).get("name") and _model(bill).get("version"))


def _has_hashes(bill: Bill, files: Files) -> bool:
    """Of every file the right one; where Gatehouse holds no files, of the model itself or of some file."""
    said: dict[str, set[str]] = {}
    for component in components(bill):
        if path := path_of(component):
            said.setdefault(path, set()).update(sha256_of(component))
    if files:
        return all(sha256 in said.get(path, ()) for path, sha256 in files.items())
    return bool(sha256_of(_model(bill)) or any(said.values()))


def _has_licence(bill: Bill, files: Files) -> bool:
    return any(isinstance(entry, dict) and entry for entry in _list(_model(bill), "licenses"))


def _has_author(bill: Bill, files: Files) -> bool:
    model, about = _model(bill), _mapping(bill, "metadata")
    who = ("authors", "author", "manufacturer", "supplier", "publisher")
    return any(model.get(name) or about.get(name) for name in who)


def _has_description(bill: Bill, files: Files) -> bool:
    return bool(_model(bill).get("description") or _mapping(_card(bill), "considerations"))


def _has_data(bill: Bill, files: Files) -> bool:
    named = _list(_mapping(_card(bill), "modelParameters"), "datasets")
    return any(isinstance(data, dict) and (data.get("name") or data.get("ref")) for data in named)


def _has_metrics(bill: Bill, files: Files) -> bool:
    metrics = _list(_mapping(_card(bill), "quantitativeAnalysis"), "performanceMetrics")
    return any(isinstance(metric, dict) and metric.get("type") and metric.get("value") for metric in metrics)


def _has_parameters(bill: Bill, files: Files) -> bool:
    given = [entry for flow in _workflows(bill) for entry in _list(flow, "inputs") if isinstance(entry, dict)]
    return any(_list(entry, "parameters") for entry in given)


# The interpreter is part of the environment, which is judged by itself.
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "python"})


def _has_packages(bill: Bill, files: Files) -> bool:
    """At least one, and of each the one release that is meant."""
    return bool(_packages(bill)) and not unpinned(bill)


def _has_ancestors(bill: Bill, files: Files) -> bool:
    pedigree = _mapping(_model(bill), "pedigree")
    return bool(_list(pedigree, "ancestors")) or "from scratch" in str(pedigree.get("notes", "")).lower()


def _has_commit(bill: Bill, files: Files) -> bool:
    commits = _list(_mapping(_model(bill), "pedigree"), "commits")
    return any(isinstance(commit, dict) and (commit.get("uid") or commit.get("url")) for commit in commits)


def _has_run(bill: Bill, files: Files) -> bool:
    return any(flow.get("uid") and flow.get("uid") != "hidden" for flow in _workflows(bill))


def _has_environment(bill: Bill, files: Files) -> bool:
    return any(component.get("type") in _ENVIRONMENTS and component.get("version") for component in components(bill))


def unpinned(bill: Bill) -> list[str]:
    """Names of the packages that stand nowhere with one release, by name; what only installs the others may float."""
    names = {str(package.get("name", "")) for package in _packages(bill)}
    pinned = {str(package.get("name", "")) for package in _packages(bill) if package.get("version")}
    return sorted(names - pinned - _INSTALLERS)


def _packages(bill: Bill) -> list[Bill]:
    return [component for component in components(bill) if component.get("type") in _PACKAGES]


def _workflows(bill: Bill) -> list[Bill]:
    formulas = [formula for formula in _list(bill, "formulation") if isinstance(formula, dict)]
    return [flow for formula in formulas for flow in _list(formula, "workflows") if isinstance(flow, dict)]


def _model(bill: Bill) -> Bill:
    return _mapping(_mapping(bill, "metadata"), "component")


def _card(bill: Bill) -> Bill:
    return _mapping(_model(bill), "modelCard")


def _mapping(values: Bill, name: str) -> Bill:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _list(values: Bill, name: str) -> list[Any]:
    value = values.get(name)
    return value if isinstance(value, list) else []


PARTS = (
    Part("name", 3, "name and version", "Name the model and its version.", _has_name),
    Part(
        "hashes",
        15,
        "hashes of all files",
        "Register the version with its files, so that Gatehouse holds and hashes them.",
        _has_hashes,
    ),
    Part(
        "licence",
        12,
        "licence",
        "Write license: apache-2.0 in the front matter of README.md, or set the tag license on version or model.",
        _has_licence,
    ),
    Part("author", 6, "author", "Say who made the model.", _has_author),
    Part(
        "description",
        8,
        "description",
        "Describe the version or the model: what it is for, and its limits.",
        _has_description,
    ),
    Part(
        "data",
        10,
        "data sets",
        "Log them in the training run before you register: mlflow.log_input(dataset, context='training').",
        _has_data,
    ),
    Part(
        "metrics",
        8,
        "metrics",
        "Log them in the training run, or with the logged model: mlflow.log_metric(...).",
        _has_metrics,
    ),
    Part("parameters", 4, "parameters", "Log them in the training run: mlflow.log_params(...).", _has_parameters),
    Part(
        "packages",
        12,
        "packages with their releases",
        "Keep a requirements.txt with the model that names one release of each package: numpy==2.3.1.",
        _has_packages,
    ),
    Part(
        "ancestors",
        8,
        "models that it was made from",
        "Set the tag base_model to the model that it began with, or to none if it was trained from scratch.",
        _has_ancestors,
    ),
    Part(
        "commit",
        6,
        "commit of the code",
        "Train from a Git working copy, or name the commit in the run's tag mlflow.source.git.commit.",
        _has_commit,
    ),
    Part("run", 4, "training run", "Register the version from the run that made it.", _has_run),
    Part(
        "environment",
        4,
        "environment",
        "Save the model with MLflow, whose MLmodel file says which Python it needs.",
        _has_environment,
    ),
)
