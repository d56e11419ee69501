"""What tools for projects write down: pyproject.toml, and the lock files of Poetry, uv, Pipenv and PEP 751."""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from urllib.parse import urlsplit

from scanning.engine.context import Context
from scanning.engine.dependencies import Dependencies, shown
from scanning.engine.requirement_lines import read_line
from scanning.engine.sources import Source

LARGEST_FILE = 16 << 20
Table = dict[str, object]
# The hosts of the public index, by their SHA-256: lock files name them for every package.
_PUBLIC_HOSTS = frozenset({
    "a4aa2ac280bb8d1a0ce7a1be5a7bfb10292b49fe9435ad5cff19f421f3c70e41",
    "c899567ee906851741bf7f3bde17a33777859ff9f53ff54d6f0ea54cf31ad636",
    "d6d7019ca9fcbf07c769e445342515ef0c92e4f18a96adbb3bf6460f5b0ba17f",
})  # fmt: skip
_EXACT = re.compile(r"(?:==?\s*)?([0-9][A-Za-z0-9.!+_-]*)")


def read_pyproject(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge what a project needs: to be built, to run, and for its extras and groups; also as Poetry spells it."""
    document = _toml(source, context)
    if document is None:
        return
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    lists = [_table(document.get("build-system")).get("requires"), project.get("dependencies")]
    lists += [
        *_table(project.get("optional-dependencies")).values(),
        *_table(document.get("dependency-groups")).values(),
    ]
    lists.append(_table(tool.get("uv")).get("dev-dependencies"))
    for line in (line for entries in lists for line in _list(entries)):
        if isinstance(line, str):
            read_line(line, context, wanted, to_pin=False)
        elif not isinstance(line, dict) or set(line) != {"include-group"}:
            context.found("requirements.malformed", f"The project asks for something unreadable: {line!r}")
    poetry = _table(tool.get("poetry"))
    groups = [poetry, *(_table(group) for group in _table(poetry.get("group")).values())]
    for group in groups:
        for key in ("dependencies", "dev-dependencies"):
            for name, said in _table(group.get(key)).items():
                if name.lower() != "python":
                    _read_poetry(name, said, context, wanted)
    _read_sources(tool, context, wanted)


def read_poetry_lock(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge a poetry.lock."""
    for package in _packages(source, context, "package"):
        place = _table(package.get("source"))
        _locked(package, context, wanted, _elsewhere(place.get("url")) if place else "")


def read_uv_lock(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge a uv.lock. The project itself is in it, as something editable or virtual, and is no dependency."""
    for package in _packages(source, context, "package"):
        place = _table(package.get("source"))
        if place.get("editable") == "." or place.get("virtual") == ".":
            continue
        foreign = next((str(value) for key, value in place.items() if key != "registry"), "")
        _locked(package, context, wanted, foreign or _elsewhere(place.get("registry")) or _foreign_files(package))


def read_pylock(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge a pylock.toml (PEP 751)."""
    for package in _packages(source, context, "packages"):
        foreign = [_elsewhere(package.get("index"))]
        for key in ("vcs", "directory", "archive"):
            if key in package:
                place = _table(package[key])
                foreign.append(str(place.get("url") or place.get("path") or key))
        _locked(package, context, wanted, next(filter(None, foreign), "") or _foreign_files(package))


def read_pipfile_lock(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge a Pipfile.lock."""
    if source.size > LARGEST_FILE:
        context.found("requirements.malformed", "The lock file is larger than the gate reads.")
        return
    try:
        document = json.loads(source.exactly(0, source.size))
    except (ValueError, RecursionError):
        context.found("requirements.malformed", "The lock file is not valid JSON.")
        return
    if not isinstance(document, dict):
        context.found("requirements.malformed", "The lock file is not a mapping.")
        return
    for entry in _list(_table(document.get("_meta")).get("sources")):
        _report_index(_table(entry).get("url"), context)
    for section in (key for key in document if key != "_meta"):
        for name, said in _table(document[section]).items():
            package = _table(said)
            foreign = next((str(package[key]) for key in ("git", "file", "path", "url") if package.get(key)), "")
            version = str(package.get("version") or "").removeprefix("==")
            _locked({"name": name, "version": version}, context, wanted, foreign)


READERS: dict[str, Callable[[Source, Context, Dependencies], None]] = {
    "pyproject.toml": read_pyproject,
    "poetry.lock": read_poetry_lock,
    "uv.lock": read_uv_lock,
    "pylock.toml": read_pylock,
    "pipfile.lock": read_pipfile_lock,
}


def _toml(source: Source, context: Context) -> Table | None:
    if source.size > LARGEST_FILE:
        context.found("requirements.malformed", "The file is larger than the gate reads.")
        return None
    try:
        return tomllib.loads(source.exactly(0, source.size).decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValueError):
        context.found("requirements.malformed", "The file is not valid TOML.")
        return None


def _packages(source: Source, context: Context, key: str) -> list[Table]:
    """The packages that a lock file lists under this name; what is no table is reported."""
    document = _toml(source, context)
    if document is None:
        return []
    entries = document.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        context.found("requirements.malformed", "The lock file does not list packages as it should.")
        return []
    return entries


def _locked(package: Table, context: Context, wanted: Dependencies, foreign: str) -> None:
    """One package of a lock file; `foreign` is the place that it comes from, if that is not the public index."""
    name, version = package.get("name"), package.get("version") or ""
    if not isinstance(name, str) or not isinstance(version, str):
        context.found("requirements.malformed", f"The lock file names a package in an unreadable way: {name!r}")
        return
    if foreign:
        context.found(
            "requirements.address",
            f"The package {name} comes from an address or a path: {shown(foreign)}",
            subject=f"{name} @ {shown(foreign)}",
        )
    elif not version:
        context.found("requirements.unpinned", f"The lock file names no exact version of {name}")
    wanted.add(context, name, specifier=f"=={version}" if version else "", version=version)


def _read_poetry(name: str, said: object, context: Context, wanted: Dependencies) -> None:
    for one in said if isinstance(said, list) else [said]:
        table = _table(one)
        foreign = next((str(table[key]) for key in ("git", "url", "path", "file") if table.get(key)), "")
        text = str(table.get("version", "") if table else one or "").strip()
        exact = _EXACT.fullmatch(text)
        if foreign:
            context.found(
                "requirements.address",
                f"The package {name} comes from an address or a path: {shown(foreign)}",
                subject=f"{name} @ {shown(foreign)}",
            )
        wanted.add(context, name, specifier=text, version=exact[1] if exact and not foreign else "")


def _read_sources(tool: Table, context: Context, wanted: Dependencies) -> None:
    """Indexes that the project sets up for its tools, and packages that it takes from elsewhere."""
    uv = _table(tool.get("uv"))
    indexes = [*_list(_table(tool.get("poetry")).get("source")), *_list(_table(tool.get("pdm")).get("source"))]
    indexes += [*_list(uv.get("index")), uv.get("index-url"), *_list(uv.get("extra-index-url"))]
    indexes += _list(uv.get("find-links"))
    for index in indexes:
        _report_index(_table(index).get("url") if isinstance(index, dict) else index, context)
    for name, said in _table(uv.get("sources")).items():
        for one in said if isinstance(said, list) else [said]:
            if place := next((str(v) for k, v in _table(one).items() if k in ("git", "url", "path")), ""):
                context.found(
                    "requirements.address",
                    f"The package {name} comes from an address or a path: {shown(place)}",
                    subject=f"{name} @ {shown(place)}",
                )


def _report_index(url: object, context: Context) -> None:
    if place := _elsewhere(url):
        context.found("requirements.option", f"Packages come from another index: {shown(place)}", subject=shown(place))


def _elsewhere(url: object) -> str:
    """An address that is not on a host of the public index; empty for one that is, and for none."""
    if not isinstance(url, str) or not url:
        return ""
    try:
        parts = urlsplit(url)
        is_public = parts.scheme == "https" and not parts.username and _is_public(parts.hostname or "")
    except ValueError:
        return url
    return "" if is_public else url


def _foreign_files(package: Table) -> str:
    """The first address of a file of a locked package that is not on the public index."""
    files = [package.get("sdist"), *_list(package.get("wheels"))]
    return next(filter(None, (_elsewhere(_table(file).get("url")) for file in files)), "")


def _is_public(host: str) -> bool:
    return hashlib.sha256(host.lower().encode()).hexdigest() in _PUBLIC_HOSTS


def _table(value: object) -> Table:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
