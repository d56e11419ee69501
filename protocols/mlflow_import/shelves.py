"""Where the source serves the files of a thing: through its artifact proxy, or from storage that it reads for us."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lib import paths
from lib.errors import Invalid
from protocols.mlflow_import.source import API, Body, Source
from tracking import rules

PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
_PROXIED_RUN = re.compile(r"[0-9]{1,18}/(?P<run>[0-9a-f]{32})/artifacts(?:/(?P<path>.+))?")
_PROXIED_MODEL = re.compile(r"[0-9]{1,18}/models/(?P<model>m-[0-9a-f]{32})/artifacts")


@dataclass(frozen=True)
class Shelf(ABC):
    """The files of one thing at the source."""

    source: Source

    def walk(self, folder: str = "") -> Iterator[tuple[str, int | None]]:
        """Every file with its size, if the source says one; names are relative to the top."""
        entries = sorted(self.entries(folder), key=lambda entry: str(entry.get("path", "")))
        for entry in entries:
            name = str(entry.get("path", "")).rpartition("/")[2]
            path = f"{folder}/{name}" if folder else name
            if not entry.get("is_dir"):
                size = entry.get("file_size")
                yield path, None if size is None else int(size)
            elif name and len(path) <= paths.LONGEST:
                yield from self.walk(path)

    @abstractmethod
    def entries(self, folder: str) -> list[dict[str, Any]]:
        """What lies directly in a folder."""

    @abstractmethod
    def open(self, path: str) -> AbstractContextManager[Body]:
        """One file."""


@dataclass(frozen=True)
class ProxyShelf(Shelf):
    """What the artifact proxy serves below `top`."""

    top: str

    def entries(self, folder: str) -> list[dict[str, Any]]:
        """The proxy's listing."""
        found: list[dict[str, Any]] = self.source.ask_proxy(f"{self.top}/{folder}".rstrip("/")).get("files", [])
        return found

    def open(self, path: str) -> AbstractContextManager[Body]:
        """Through the proxy."""
        return self.source.open(f"{PROXY}{self.top}/{path}")


@dataclass(frozen=True)
class RunShelf(Shelf):
    """A run's files in storage that the server reads itself."""

    run_id: str

    def entries(self, folder: str) -> list[dict[str, Any]]:
        """The listing of the run's artifacts."""
        fields = {"run_id": self.run_id, "run_uuid": self.run_id} | ({"path": folder} if folder else {})
        found: list[dict[str, Any]] = self.source.get("artifacts/list", **fields).get("files", [])
        return found

    def open(self, path: str) -> AbstractContextManager[Body]:
        """As the source's own pages get it."""
        return self.source.open("/get-artifact", run_id=self.run_id, run_uuid=self.run_id, path=path)


@dataclass(frozen=True)
class ModelShelf(Shelf):
    """A logged model's files in storage that the server reads itself."""

    model_id: str

    def entries(self, folder: str) -> list[dict[str, Any]]:
        """The listing of the logged model's files."""
        fields = {"artifact_directory_path": folder} if folder else {}
        found: list[dict[str, Any]] = self.source.get(
            f"logged-models/{self.model_id}/artifacts/directories", **fields
        ).get("files", [])
        return found

    def open(self, path: str) -> AbstractContextManager[Body]:
        """As the source's own pages get it."""
        return self.source.open(
            f"{API.replace('/api', '/ajax-api')}/logged-models/{self.model_id}/artifacts/files", artifact_file_path=path
        )


def proxied_path(source: Source, uri: str) -> str | None:
    """The path below the artifact proxy of this very server; None for any other place."""
    parts = urlsplit(uri)
    if parts.scheme == "mlflow-artifacts":
        is_there = parts.netloc.lower() in ("", source.netloc)
        return uri.partition(":")[2].removeprefix(f"//{parts.netloc}").strip("/") if is_there else None
    start = f"{source.uri}{PROXY}"
    return uri.removeprefix(start).strip("/") if uri.startswith(start) else None


def stays_away(uri: str) -> bool:
    """Whether this is an object store that clients reach themselves: files there stay where they are."""
    try:
        rules.check_location(uri)
    except Invalid:
        return False
    return bool(uri)


def owner_in(path: str) -> tuple[str, str, str]:
    """The run id, the logged model's id and the path that a path below the proxy names; empty where it does not."""
    if match := _PROXIED_RUN.fullmatch(path):
        return match["run"], "", match["path"] or ""
    if match := _PROXIED_MODEL.fullmatch(path):
        return "", match["model"], ""
    return "", "", ""
