"""Fill the database with a described set of models and versions, far faster than clients could: for measuring growth.

Reads JSON lines (kind model, version or alias) from standard input; what an earlier call with the same prefix left is
taken out first. Run it as `.venv/server/bin/python benchmarks/seed.py --prefix g`, with the server's environment.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 # Django has to be set up first

from accounts.models import Registry  # noqa: E402
from accounts.queries import system_user  # noqa: E402
from blobs.models import Folder  # noqa: E402
from registry.models import ModelTag, ModelVersion, Placement, RegisteredModel, VersionTag  # noqa: E402
from registry.names import fold  # noqa: E402
from tracking.models import Experiment, Run  # noqa: E402

USER_OF_ALL_RUNS = "benchmark"
BATCH = 2_000


def main() -> None:
    """Replace what the prefix names by what standard input describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True)
    prefix = parser.parse_args().prefix
    lines = [json.loads(line) for line in sys.stdin]
    with transaction.atomic():
        remove(prefix)
        Seed(prefix).plant(lines)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    sys.stderr.write(f"{len(lines)} lines planted\n")


def remove(prefix: str) -> None:
    """Take out what an earlier call left, runs and their folders included."""
    models = RegisteredModel.objects.filter(name__startswith=f"{prefix}-")
    versions = ModelVersion.objects.filter(model__in=models)
    runs = Run.objects.filter(user_id=USER_OF_ALL_RUNS, name=prefix)
    folders = list(runs.values_list("folder", flat=True))
    for rows in (
        VersionTag.objects.filter(version__in=versions),
        Placement.objects.filter(model__in=models),
        versions,
        ModelTag.objects.filter(model__in=models),
        models,
        runs,
    ):
        rows._raw_delete(rows.db)  # noqa: SLF001 # nothing hangs on these rows
    for start in range(0, len(folders), BATCH):
        Folder.objects.filter(pk__in=folders[start : start + BATCH]).delete()


class Seed:
    """Makes rows out of lines, in batches."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.owner = system_user()
        self.registry = Registry.objects.get(is_default=True)
        self.experiment = Experiment.objects.get(registry=self.registry, is_default=True)
        self.models: dict[str, RegisteredModel] = {}
        self.versions: dict[tuple[str, int], ModelVersion] = {}

    def plant(self, lines: list[dict[str, Any]]) -> None:
        """Models, then versions with their runs, then aliases."""
        of_kind = {kind: [line for line in lines if line["kind"] == kind] for kind in ("model", "version", "alias")}
        self.plant_models(of_kind["model"])
        for start in range(0, len(of_kind["version"]), BATCH):
            self.plant_versions(of_kind["version"][start : start + BATCH])
        Placement.objects.bulk_create(self.placements(of_kind["alias"]), BATCH)
        newest: dict[str, int] = {}
        for name, number in self.versions:
            newest[name] = max(number, newest.get(name, 0))
        for name, number in newest.items():
            self.models[name].last_number = number
        RegisteredModel.objects.bulk_update(self.models.values(), ["last_number"], BATCH)

    def plant_models(self, lines: list[dict[str, Any]]) -> None:
        """Models with their tags."""
        models = [
            RegisteredModel(
                registry=self.registry,
                name=line["name"],
                folded_name=fold(line["name"]),
                description=line["description"],
                owner=self.owner,
                created_at=moment(line["created"]),
                updated_at=moment(line["updated"]),
            )
            for line in lines
        ]
        self.models = {model.name: model for model in RegisteredModel.objects.bulk_create(models, BATCH)}
        tags = [
            ModelTag(model=self.models[line["name"]], key=key, value=value)
            for line in lines
            for key, value in line["tags"].items()
        ]
        ModelTag.objects.bulk_create(tags, BATCH)

    def plant_versions(self, lines: list[dict[str, Any]]) -> None:
        """Versions with their tags and the runs that they name."""
        folders = Folder.objects.bulk_create(Folder() for _ in lines)
        runs = Run.objects.bulk_create(
            Run(
                run_id=line["run_id"],
                experiment=self.experiment,
                name=self.prefix,
                user_id=USER_OF_ALL_RUNS,
                start_time=line["created"],
                folder=folder,
                created_by=self.owner,
            )
            for line, folder in zip(lines, folders, strict=True)
        )
        versions = ModelVersion.objects.bulk_create(
            ModelVersion(
                model=self.models[line["name"]],
                number=line["version"],
                source=line["source"],
                source_run=run,
                uploader=self.owner,
                created_at=moment(line["created"]),
                updated_at=moment(line["updated"]),
            )
            for line, run in zip(lines, runs, strict=True)
        )
        self.versions.update({(line["name"], line["version"]): row for line, row in zip(lines, versions, strict=True)})
        tags = [
            VersionTag(version=version, key=key, value=value)
            for line, version in zip(lines, versions, strict=True)
            for key, value in line["tags"].items()
        ]
        VersionTag.objects.bulk_create(tags, BATCH)

    def placements(self, lines: list[dict[str, Any]]) -> Iterable[Placement]:
        """The aliases."""
        for line in lines:
            version = self.versions[line["name"], line["version"]]
            yield Placement(model=version.model, version=version, alias=line["alias"], opened_by=self.owner)


def moment(milliseconds: int) -> datetime:
    """The moment that many milliseconds after 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


if __name__ == "__main__":
    main()
