"""Lists of requirements as pip reads them: lines put together, comments taken off, options told from requirements.

After pip's description of the format and PEP 508. What is not known here is reported, never passed over.
"""

import re
import shlex
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from scanning.engine.context import Context
from scanning.engine.dependencies import Dependencies, shown, single_version
from scanning.engine.package_names import normalised

LONGEST_LINE = 16_384
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".tar")
# Options that make the choice of packages narrower, and whether they take a value.
_HARMLESS = {"--require-hashes": False, "--only-binary": True, "--prefer-binary": False, "--hash": True}
_INCLUDES = {"-r", "--requirement", "-c", "--constraint"}
_EDITABLE = {"-e", "--editable"}
_SOURCES = {
    "-i",
    "--index-url",
    "--extra-index-url",
    "--trusted-host",
    "-f",
    "--find-links",
    "--no-index",
    "--pypi-url",
}
_SHORT = ("-r", "-c", "-e", "-i", "-f")


def logical_lines(text: str) -> Iterator[str]:
    """The lines that are left when continued ones are joined and comments and blank ones are gone."""
    parts: list[str] = []
    for line in text.splitlines():
        is_comment = _COMMENT.match(line) is not None
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))
            continue
        parts.append(f" {line}" if is_comment else line)
        yield from _meaningful("".join(parts))
        parts = []
    yield from _meaningful("".join(parts))


def read_line(line: str, context: Context, wanted: Dependencies, *, to_pin: bool = True) -> str:
    """Judge one logical line; returns it as `name==version` when it names one release, else the empty text.

    Tools that build packages need no exact version: `to_pin` is False for them.
    """
    if len(line) > LONGEST_LINE:
        context.found("requirements.malformed", f"A requirement is longer than the gate reads: {shown(line[:80])}")
        return ""
    if _VARIABLE.search(line):
        context.found("requirements.option", f"What is installed hangs on a variable of the environment: {shown(line)}")
    words = line.split(" ")
    end = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    text, options = " ".join(words[:end]).strip(), " ".join(words[end:])
    if options:
        _read_options(options, line, context, wanted)
    return _read_requirement(text, context, wanted, to_pin=to_pin) if text else ""


def _meaningful(line: str) -> Iterator[str]:
    line = _COMMENT.sub("", line).strip()
    if line:
        yield line


def _read_options(options: str, line: str, context: Context, wanted: Dependencies) -> None:
    try:
        words = shlex.split(options)
    except ValueError:
        context.found("requirements.malformed", f"The options cannot be read: {shown(line)}")
        return
    place = 0
    while place < len(words):
        name, value, used = _option(words, place)
        place += used
        if name in _INCLUDES:
            _read_include(value, context, wanted)
        elif name in _EDITABLE:
            _read_address(value, context, wanted)
        elif name in _SOURCES:
            context.found(
                "requirements.option", f"The requirements change where packages come from: {shown(line)}", subject=name
            )
        elif name not in _HARMLESS:
            context.found(
                "requirements.option",
                f"The requirements change how packages are installed: {shown(line)}",
                subject=name,
            )


def _option(words: list[str], place: int) -> tuple[str, str, int]:
    """The option at this place, its value, and how many words both take."""
    word = words[place]
    if word.startswith("--"):
        name, has_value, value = word.partition("=")
        if has_value:
            return name, value, 1
    else:
        name = word[:2]
        if name in _SHORT and len(word) > 2:
            return name, word[2:].removeprefix("="), 1
    if _HARMLESS.get(name, name in _INCLUDES | _EDITABLE | _SOURCES) and name != "--no-index":
        return name, words[place + 1] if place + 1 < len(words) else "", 2
    return name, "", 1


def _read_include(path: str, context: Context, wanted: Dependencies) -> None:
    if not path or "://" in path or path.startswith(("/", "~", "\\")) or path[1:2] == ":":
        context.found("requirements.address", f"The requirements include a list from elsewhere: {shown(path)}")
    else:
        wanted.also_read(context, path, "requirements")


def _read_address(text: str, context: Context, wanted: Dependencies) -> None:
    """Report a package that comes from an address or a folder; it is listed if the line says how it is called."""
    context.found(
        "requirements.address", f"The requirements fetch from an address or a path: {shown(text)}", subject=shown(text)
    )
    if egg := _EGG.search(text):
        wanted.add(context, egg[1], specifier=f"@ {shown(text)}"[:400])


def _read_requirement(text: str, context: Context, wanted: Dependencies, *, to_pin: bool) -> str:
    is_path = text.startswith((".", "/", "~")) or ("/" in text and "@" not in text) or "\\" in text
    if is_path or text.lower().endswith(_ARCHIVES) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        _read_address(text, context, wanted)
        return ""
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        if "@" in text:
            _read_address(text, context, wanted)
        else:
            context.found("requirements.malformed", f"The requirement cannot be read: {shown(text)}")
        return ""
    if requirement.url:
        place = f"{requirement.name} @ {shown(requirement.url)}"
        context.found(
            "requirements.address", f"The requirements fetch from an address or a path: {place}", subject=place
        )
        wanted.add(context, requirement.name, specifier=f"@ {shown(requirement.url)}"[:400])
        return ""
    version = single_version(requirement.specifier)
    if not version and to_pin:
        context.found("requirements.unpinned", f"The requirement names no exact version: {text}")
    wanted.add(context, requirement.name, specifier=str(requirement.specifier), version=version)
    return f"{requirement.name}=={version}" if version and normalised(requirement.name) else ""
