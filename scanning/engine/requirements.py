"""What a model wants installed: requirements.txt, conda.yaml and python_env.yaml."""

from packaging.requirements import InvalidRequirement, Requirement

from scanning.engine.context import Context
from scanning.engine.sources import Source
from scanning.engine.yaml_documents import BadYaml, load

LARGEST_FILE = 1 << 20
MOST_FACTS = 500
PLAIN_CHANNELS = frozenset({"conda-forge", "defaults", "nodefaults", "main"})
CONDA_KEYS = frozenset({"name", "channels", "dependencies"})
PYTHON_KEYS = frozenset({"python", "build_dependencies", "dependencies"})


def read_requirements(source: Source, context: Context) -> list[str]:
    """Judge a requirements file; returns its pinned lines."""
    if source.size > LARGEST_FILE:
        context.found("requirements.malformed", "The list of requirements is larger than the gate reads.")
        return []
    try:
        text = source.exactly(0, source.size).decode("utf-8-sig")
    except UnicodeDecodeError:
        context.found("requirements.malformed", "The list of requirements is not text.")
        return []
    lines = text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines()
    return [pinned for line in lines if (pinned := judge_line(line, context))][:MOST_FACTS]


def judge_line(line: str, context: Context, *, to_pin: bool = True) -> str | None:
    """Judge one requirement as pip would read it; returns it as `name==version` when it is pinned.

    Tools that build packages need no exact version: `to_pin` is False for them.
    """
    text = line.split(" #", maxsplit=1)[0].strip()
    if not text or text.startswith("#"):
        return None
    if text.startswith("-"):
        context.found("requirements.option", f"The requirements change where packages come from: {text}")
        return None
    text, *options = text.split(" --")
    if any(not option.startswith("hash=") for option in options):
        context.found("requirements.option", f"The requirements change how packages are installed: {line.strip()}")
    if "://" in text or "@" in text or text.startswith((".", "/", "~")) or text.endswith((".whl", ".zip", ".tar.gz")):
        context.found("requirements.address", f"The requirements fetch from an address or a path: {line.strip()}")
        return None
    try:
        requirement = Requirement(text.strip())
    except InvalidRequirement:
        context.found("requirements.malformed", f"The requirement cannot be read: {line.strip()}")
        return None
    pins = [
        spec for spec in requirement.specifier if spec.operator in ("==", "===") and not spec.version.endswith(".*")
    ]
    if not pins and to_pin:
        context.found("requirements.unpinned", f"The requirement names no exact version: {text.strip()}")
    return f"{requirement.name}=={pins[0].version}" if pins else None


def read_conda(source: Source, context: Context) -> None:
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
                judge_line(str(line), context)
        elif not isinstance(dependency, str) or "::" in dependency or "/" in dependency:
            context.found("environment.unusual", f"The conda environment has an unusual dependency: {dependency}")


def read_python_environment(source: Source, context: Context) -> None:
    """Judge a python_env.yaml."""
    document = _mapping(source, context)
    if document is None:
        return
    for key in sorted(str(key) for key in set(document) - PYTHON_KEYS):
        context.found("environment.unusual", f"The Python environment sets {key!r}.")
    for key in ("build_dependencies", "dependencies"):
        for line in _listed(document.get(key)):
            if line != "-r requirements.txt":
                judge_line(str(line), context, to_pin=key == "dependencies")


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
