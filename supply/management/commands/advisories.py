"""`manage.py advisories import|export|status|refresh`: the advisories that required packages are compared with."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.queries import system_user
from lib.errors import HouseError
from supply.audit.advisories import documents
from supply.audit.record_files import write_records
from supply.audit.vulnerabilities import current_import
from supply.models import AdvisoryImport
from supply.operations.advisories import import_advisories, refresh_advisories


class Command(BaseCommand):
    """Bring advisories in, carry them on, and say how old they are."""

    help = "Import, export or refresh the advisories (OSV) about packages, or say how old they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One of four things to do."""
        parts = parser.add_subparsers(dest="what", required=True)
        bring = parts.add_parser("import", help="replace all advisories by those of a zip file of OSV records")
        bring.add_argument("file", type=Path)
        bring.add_argument("--sha256", default="", help="refuse the file unless it has this SHA-256")
        bring.add_argument("--allow-older", action="store_true", help="also if the file is older than what is here")
        bring.add_argument("--allow-fewer", action="store_true", help="also if it holds less than half as many records")
        carry = parts.add_parser("export", help="write them into a zip file, to be imported elsewhere")
        carry.add_argument("file", type=Path)
        status = parts.add_parser("status", help="exit with 1 when there are none, or they are too old")
        status.add_argument("--days", type=int, default=settings.ADVISORIES_STALE_DAYS, help="how old is too old")
        parts.add_parser("refresh", help="fetch them from ADVISORIES_URL if there are newer ones")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say why not."""
        try:
            {"import": self._import, "export": self._export, "status": self._status, "refresh": self._refresh}[
                options["what"]
            ](options)
        except HouseError as refusal:
            raise CommandError(refusal.message) from refusal

    def _import(self, options: dict[str, Any]) -> None:
        made = import_advisories(
            options["file"],
            sha256=options["sha256"],
            allow_older=options["allow_older"],
            allow_fewer=options["allow_fewer"],
            actor=system_user(),
        )
        self._tell(made)

    def _export(self, options: dict[str, Any]) -> None:
        if current_import() is None:
            raise CommandError("There are no advisories to export.")
        try:
            count = write_records(documents(), options["file"])
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count:,} advisories are in {options['file']}.")

    def _status(self, options: dict[str, Any]) -> None:
        current = current_import()
        if current is None:
            raise CommandError("There are no advisories. Bring them in with: manage.py advisories import FILE.zip")
        age = (timezone.now() - current.newest_modified).days
        matched = f"compared by {current.matched_at:%Y-%m-%d %H:%M}" if current.matched_at else "still being compared"
        self.stdout.write(f"{current} from {current.source}, imported {current.at:%Y-%m-%d %H:%M}, {matched}.")
        if age > options["days"]:
            raise CommandError(f"The newest record is {age} days old, more than {options['days']}.")
        self.stdout.write(f"The newest record is {age} day{'' if age == 1 else 's'} old.")

    def _refresh(self, options: dict[str, Any]) -> None:
        if not settings.ADVISORIES_URL:
            raise CommandError("ADVISORIES_URL is not set, so nothing is fetched.")
        made = refresh_advisories(actor=system_user())
        if made is None:
            self.stdout.write("There are no newer advisories.")
        else:
            self._tell(made)

    def _tell(self, made: AdvisoryImport) -> None:
        self.stdout.write(f"{made} are here now. Packages are compared with them in the background.")
