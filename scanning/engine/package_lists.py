"""Which files list packages: those that are called so, and those that such a file, or an MLmodel, names."""

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

from scanning.engine import lock_files, requirements
from scanning.engine.context import Context
from scanning.engine.dependencies import Dependencies, collected
from scanning.engine.sources import Source

_REQUIREMENTS = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_].*)?\.(?:txt|in)")
_PYLOCK = re.compile(r"pylock\..+\.toml")


def kind_of(path: str) -> str:
    """What a file of this name lists packages for; empty for any other file."""
    name = path.rpartition("/")[2].lower()
    if name in lock_files.READERS:
        return name
    if _PYLOCK.fullmatch(name):
        return "pylock.toml"
    if name in ("conda.yaml", "conda.yml"):
        return "conda"
    if name in ("python_env.yaml", "python_env.yml"):
        return "python_env"
    return "requirements" if _REQUIREMENTS.fullmatch(name) else ""


def read_list(kind: str, source: Source, context: Context, facts: dict[str, Any]) -> None:
    """Read a file as what it is called, or what another file calls it. This only ever adds findings and facts."""
    wanted = collected(facts)
    if kind == "requirements":
        pinned = requirements.read_requirements(source, context, wanted)
        if context.file.rpartition("/")[2] == "requirements.txt":
            facts["requirements"] = pinned
    elif kind == "conda":
        requirements.read_conda(source, context, wanted)
    elif kind == "python_env":
        requirements.read_python_environment(source, context, wanted)
    elif kind == "environments":
        requirements.note_environments(source, context, wanted)
    elif kind:
        lock_files.READERS[kind](source, context, wanted)


def still_named(wanted: Dependencies, files: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The files that others name as lists and that are not read as such by their own name, with their kinds."""
    by_path = {str(file["path"]): file for file in files}
    named, wanted.named = wanted.named, {}
    return [(kind, by_path[path]) for path, (kind, _) in named.items() if path in by_path and not kind_of(path)]


def report_missing(wanted: Dependencies, context: Context, paths: Container[str]) -> None:
    """Report lists that the file of this context names and that are not there."""
    for path, (_, by) in wanted.named.items():
        if by == context.file and path not in paths:
            context.found("requirements.include", f"The file names the list {path}, which is not in the version.")
