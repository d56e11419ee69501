"""The code of the product as the tests of its shape see it."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {".git", ".venv", ".tools", "data", "node_modules"}
APPS = ("accounts", "blobs", "tracking", "registry", "scanning", "supply", "approvals")


def files(pattern: str = "*.py") -> list[Path]:
    """Every file of the repository but what tools keep and what `makemigrations` wrote."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob(pattern))
    return sorted(path for path in found if not OUTSIDE & set(path.parts) and not _is_written_by_django(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file, however deep, and how many lines it has."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def modules(package: str) -> Iterator[Any]:
    """A package with everything inside it, imported."""
    top = importlib.import_module(package)
    yield top
    for found in pkgutil.walk_packages(top.__path__, f"{package}."):
        yield importlib.import_module(found.name)


def operations() -> dict[str, Callable[..., object]]:
    """Every public function of an `operations` package, and the two changes that access itself makes, by full name."""
    found = {
        f"{module.__name__}.{name}": value
        for app in APPS
        for module in modules(f"{app}.operations")
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    access = importlib.import_module("accounts.access")
    return {**found, "accounts.access.grant": access.grant, "accounts.access.revoke": access.revoke}


def _is_written_by_django(path: Path) -> bool:
    return path.parent.name == "migrations" and path.name != "__init__.py"
