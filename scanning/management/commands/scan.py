"""`manage.py scan PATH`: what the gate says of local files, before anybody uploads them."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scanning.engine.findings import Verdict
from scanning.local import EXIT_STATUS, as_json, as_text, scan_path

FAILED = EXIT_STATUS[Verdict.FAILED]


class Command(BaseCommand):
    """Scan a file or a folder. Asks no database and no server."""

    help = (
        "Scan a file or a folder as the server would after an upload. The exit status is 0 for clean, "
        "2 for needs review, 1 for unsafe, and 3 when the scan failed or could not be made."
    )
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """As always, but a mistake in the call is no verdict: argparse would end with 2, which means needs review."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def refuse(message: str) -> NoReturn:
            parser.print_usage(sys.stderr)
            parser.exit(FAILED, f"{parser.prog}: {message}\n")

        parser.error = refuse  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What to scan, and how to say it."""
        parser.add_argument("path", type=Path, help="the file, or the folder with all its files")
        parser.add_argument("--json", action="store_true", help="print the verdict and the findings as JSON")

    def handle(self, *args: Any, path: Path, json: bool, **options: Any) -> None:
        """Scan and end with the status of the verdict."""
        try:
            report = scan_path(path, say=self._say)
        except OSError as error:
            raise CommandError(f"{path} cannot be scanned: {error.strerror}.", returncode=FAILED) from error
        self.stdout.write(_json(as_json(report)) if json else as_text(report))
        if status := EXIT_STATUS[report.verdict]:
            raise SystemExit(status)

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()


def _json(document: dict[str, object]) -> str:
    return json.dumps(document, indent=2)
