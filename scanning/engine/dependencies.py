"""What the files of a version want installed, collected over all of them and bounded in number and size."""

import json
import re
from typing import Any

from packaging.specifiers import SpecifierSet

from scanning.engine.context import Context
from scanning.engine.findings import printable
from scanning.engine.package_names import normalised, passes_for

MOST = 5_000
MOST_BYTES = 2 << 20
LONGEST_SPECIFIER = 512
LONGEST_VERSION = 128
PYPI = "pypi"
CONDA = "conda"
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


class Dependencies(list[dict[str, str]]):
    """The entries of the fact `dependencies`: path, ecosystem, name, specifier, version.

    `named` holds files that other files say are lists of requirements, with what they are and who says so.
    """

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[str, tuple[str, str]] = {}
        self._seen: set[tuple[str, ...]] = set()
        self._room = MOST_BYTES
        self._is_cut = False

    def add(
        self, context: Context, name: str, *, specifier: str = "", version: str = "", ecosystem: str = PYPI
    ) -> None:
        """Note that the file of the context asks for a package; `version` only where it can be no other one."""
        known = normalised(name) if ecosystem == PYPI else name.lower()
        if not known or len(specifier) > LONGEST_SPECIFIER or len(version) > LONGEST_VERSION:
            context.found("requirements.malformed", f"No package can be called {name!r}, or have such a version.")
            return
        if ecosystem == PYPI and (other := passes_for(known)):
            context.found(
                "requirements.look-alike",
                f"The package {name} is easily taken for the well-known {other}; that may be what its name is for.",
                subject=known,
            )
        entry = {
            "path": context.file,
            "ecosystem": ecosystem,
            "name": known,
            "specifier": printable(specifier, LONGEST_SPECIFIER),
            "version": printable(version, LONGEST_VERSION),
        }
        self._keep(entry, context)

    def also_read(self, context: Context, path: str, kind: str) -> None:
        """Note that another file, named as seen from the file of the context, is a list of this kind."""
        folder = context.file.rpartition("/")[0]
        steps: list[str] = []
        for step in f"{folder}/{path}".replace("\\", "/").split("/"):
            if step == ".." and not steps:
                context.found("requirements.address", f"The file names a list outside of the version: {shown(path)}")
                return
            if step == "..":
                steps.pop()
            elif step not in ("", "."):
                steps.append(step)
        self.named.setdefault("/".join(steps), (kind, context.file))

    def _keep(self, entry: dict[str, str], context: Context) -> None:
        mark = tuple(entry[key] for key in ("path", "ecosystem", "name", "specifier"))
        if mark in self._seen or self._is_cut:
            return
        size = len(json.dumps(entry)) + 2
        if len(self) >= MOST or size > self._room:
            self._is_cut = True
            context.found("requirements.limit", f"The files require more packages than the {MOST:,} that are listed.")
            return
        self._seen.add(mark)
        self._room -= size
        self.append(entry)


def collected(facts: dict[str, Any]) -> Dependencies:
    """The collection among the facts of a version; it is there from the first file on, also when it stays empty."""
    found = facts.setdefault("dependencies", Dependencies())
    assert isinstance(found, Dependencies)
    return found


def single_version(specifier: SpecifierSet) -> str:
    """The one release that `==` or `===` names; empty where others would do, or where two are named."""
    pins = {spec.version for spec in specifier if spec.operator in ("==", "===") and not spec.version.endswith(".*")}
    return pins.pop() if len(pins) == 1 else ""


def shown(text: str) -> str:
    """A line of a file to be repeated in a finding, without user names and passwords."""
    return _CREDENTIALS.sub("//…@", text.strip())
