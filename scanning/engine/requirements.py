"""What a model wants installed: requirements.txt, conda.yaml and python_env.yaml, and the files that these name."""

import re

from scanning.engine.context import Context
from scanning.engine.dependencies import CONDA, Dependencies
from scanning.engine.requirement_lines import logical_lines, read_line
from scanning.engine.sources import Source
from scanning.engine.yaml_documents import BadYaml, load

LARGEST_FILE = 1 << 20
MOST_FACTS = 500
PLAIN_CHANNELS = frozenset({"conda-forge", "defaults", "nodefaults", "main"})
CONDA_KEYS = frozenset({"name", "channels", "dependencies"})
PYTHON_KEYS = frozenset({"python", "build_dependencies", "dependencies"})
_CONDA_SPEC = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(.*)", re.DOTALL)
# One release: `==1.2` or `=1.2=build`. A single `=1.2` stands for every 1.2.x.
_CONDA_PIN = re.compile(r"==\s*([^\s=<>!,|*]+)|=\s*([^\s=<>!,|*]+)=[^\s=<>!,|]+")


def read_requirements(source: Source, context: Context, wanted: Dependencies) -> list[str]:
    """Judge a list of requirements as pip would read it; returns its pinned lines."""
    if source.size > LARGEST_FILE:
        context.found("requirements.malformed", "The list of requirements is larger than the gate reads.")
        return []
    try:
        text = source.exactly(0, source.size).decode("utf-8-sig")
    except UnicodeDecodeError:
        context.found("requirements.malformed", "The list of requirements is not text.")
        return []
    pinned = [read_line(line, context, wanted) for line in logical_lines(text)]
    return [line for line in pinned if line][:MOST_FACTS]


def read_conda(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge a conda environment: its channels, its packages, and what it gives to pip."""
    document = _mapping(source, context)
    if document is None:
        return
    for key in sorted(str(key) for key in set(document) - CONDA_KEYS):
        context.found("environment.unusual", f"The conda environment sets {key!r}.")
    for channel in _listed(document.get("channels")):
        if str(channel) not in PLAIN_CHANNELS:
            context.found("requirements.address", f"The conda environment takes packages from the channel {channel!r}.")
    for dependency in _listed(document.get("dependencies")):
        if isinstance(dependency, dict) and set(dependency) == {"pip"}:
            for line in _listed(dependency["pip"]):
                _read_lines(str(line), context, wanted)
        elif not isinstance(dependency, str) or "::" in dependency or "/" in dependency:
            context.found("environment.unusual", f"The conda environment has an unusual dependency: {dependency}")
        else:
            _read_conda_package(dependency, context, wanted)


def read_python_environment(source: Source, context: Context, wanted: Dependencies) -> None:
    """Judge a python_env.yaml."""
    document = _mapping(source, context)
    if document is None:
        return
    for key in sorted(str(key) for key in set(document) - PYTHON_KEYS):
        context.found("environment.unusual", f"The Python environment sets {key!r}.")
    for key in ("build_dependencies", "dependencies"):
        for line in _listed(document.get(key)):
            _read_lines(str(line), context, wanted, to_pin=key == "dependencies")


def note_environments(source: Source, context: Context, wanted: Dependencies) -> None:
    """Note which files an MLmodel names as its environment, whatever they are called."""
    try:
        document = load(source)
    except BadYaml:
        return  # told by the reader of this file
    flavors = document.get("flavors") if isinstance(document, dict) else None
    for flavor in flavors.values() if isinstance(flavors, dict) else ():
        env = flavor.get("env") if isinstance(flavor, dict) else None
        named = env if isinstance(env, dict) else {"conda": env}
        for word, kind in (("conda", "conda"), ("virtualenv", "python_env")):
            if isinstance(path := named.get(word), str) and path and "://" not in path:
                wanted.also_read(context, path, kind)


def _read_lines(text: str, context: Context, wanted: Dependencies, *, to_pin: bool = True) -> None:
    """One entry of a list; it goes into a file for pip, so one with line ends is several requirements."""
    for line in logical_lines(text):
        read_line(line, context, wanted, to_pin=to_pin)


def _read_conda_package(text: str, context: Context, wanted: Dependencies) -> None:
    match = _CONDA_SPEC.fullmatch(text)
    if match is None or "[" in text:
        context.found("environment.unusual", f"The conda environment has an unusual dependency: {text}")
        return
    pin = _CONDA_PIN.fullmatch(match[2].strip())
    version = (pin[1] or pin[2]) if pin else ""
    wanted.add(context, match[1], specifier=match[2].strip(), version=version, ecosystem=CONDA)


def _mapping(source: Source, context: Context) -> dict[object, object] | None:
    try:
        document = load(source)
    except BadYaml as problem:
        context.found(problem.rule, problem.message)
        return None
    if not isinstance(document, dict):
        context.found("yaml.malformed", "The environment is not a mapping.")
        return None
    return document


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
