"""`manage.py unlock NAME`: let somebody sign in again whom wrong passwords have locked out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.operations.attempts import unlock_account
from accounts.queries import find_account, system_user
from lib.errors import HouseError


class Command(BaseCommand):
    """Forget the wrong passwords for an account."""

    help = "Forget the wrong passwords that have locked an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Unlock, and say whether there was anything to unlock."""
        system = system_user()
        try:
            account = find_account(options["name"].lower(), actor=system)
            had_any = unlock_account(account, actor=system)
        except HouseError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{account} was unlocked." if had_any else f"There were no wrong passwords for {account}.")
