"""`manage.py import_mlflow http://...`: move in from a running MLflow server. Run it again to go on or to catch up."""

import fcntl
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import access
from accounts.models import Registry, User
from accounts.queries import default_registry, find_account, find_registry, system_user
from accounts.rights import Right
from lib.errors import HouseError
from protocols.mlflow_import import plan
from protocols.mlflow_import.carry.experiments import carry_experiments
from protocols.mlflow_import.carry.journey import Journey, sentence
from protocols.mlflow_import.carry.registered_models import carry_models
from protocols.mlflow_import.ledger import Ledger
from protocols.mlflow_import.report import Progress, Report
from protocols.mlflow_import.source import Source, SourceError

_AGAIN = "Run the same command again to go on from here."


class Command(BaseCommand):
    """Bring experiments, runs, models and their files from a running MLflow server into a registry."""

    help = (
        "Move in from a running MLflow server. The account at the source is taken from MLFLOW_TRACKING_TOKEN, or from "
        "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD. Safe to stop, to kill and to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From where, to where, in whose name, and how much of it."""
        parser.add_argument("tracking_uri", metavar="tracking-uri", help="address of the MLflow server, http(s)://...")
        parser.add_argument("--as", dest="username", required=True, help="the account in whose name everything is made")
        parser.add_argument("--registry", default="", help="where to; without it, the default registry")
        parser.add_argument("--only", choices=("experiments", "models"), help="bring only these")
        parser.add_argument("--no-artifacts", action="store_true", help="leave the files, and versions made of them")
        parser.add_argument("--dry-run", action="store_true", help="count what is there; change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring what is missing, then tell."""
        parts = [options["only"]] if options["only"] else ["experiments", "models"]
        try:
            with closing(Source(options["tracking_uri"])) as source:
                actor = find_account(options["username"], actor=system_user())
                registry = _registry(options["registry"], parts, actor)
                source.greet()
                journey = Journey(
                    source=source,
                    ledger=Ledger(source.digest, registry),
                    registry=registry,
                    actor=actor,
                    report=Report(),
                    progress=Progress(self._write, is_terminal=self.stdout.isatty()),
                    takes_files=not options["no_artifacts"],
                    brings_experiments="experiments" in parts,
                )
                self.stdout.write(f"From {source.uri} to the registry {registry.name}, as {actor.username}.")
                self._travel(journey, parts, is_dry=options["dry_run"])
        except (HouseError, SourceError) as error:
            raise CommandError(sentence(error)) from error
        if options["dry_run"]:
            self.stdout.write("Only counted: nothing was changed. “carried” is what would come along.")
        elif journey.report.is_unfinished:
            raise CommandError(f"Not everything could be read. {_AGAIN}")

    def _travel(self, journey: Journey, parts: list[str], *, is_dry: bool) -> None:
        """Whatever ends it, tell what came along so far."""
        try:
            with _alone():
                self._go(journey, parts, is_dry=is_dry)
        except SourceError as error:
            raise CommandError(f"{sentence(error)} {_AGAIN}") from error
        except KeyboardInterrupt as error:
            raise CommandError(f"Stopped. {_AGAIN}", returncode=130) from error
        finally:
            self._tell(journey)

    def _go(self, journey: Journey, parts: list[str], *, is_dry: bool) -> None:
        if "experiments" in parts:
            (plan.count_experiments if is_dry else carry_experiments)(journey)
        if "models" in parts:
            (plan.count_models if is_dry else carry_models)(journey)

    def _write(self, text: str) -> None:
        """At once, and without a line end of its own."""
        self.stdout.write(text, ending="")
        self.stdout.flush()

    def _tell(self, journey: Journey) -> None:
        journey.progress.end()
        for line in journey.report.lines():
            self.stdout.write(line)


def _registry(name: str, parts: list[str], actor: User) -> Registry:
    """The registry, if the actor may bring things into it. Raises NotFound, Forbidden."""
    registry = find_registry(name, actor=actor) if name else default_registry(actor=actor)
    if "experiments" in parts:
        access.require(actor, Right.LOG, registry)
    if "models" in parts:
        access.require(actor, Right.REGISTER, registry)
    return registry


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the import of this data folder: two at once would take each other's things for strange ones."""
    with (Path(settings.DATA_DIR) / "import.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError("Another import is running here.") from error
        yield
