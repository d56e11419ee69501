"""`manage.py remove_second_factor NAME`: let somebody in again whose telephone and recovery codes are lost."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.operations.sign_ins import remove_second_factor
from accounts.queries import find_account, system_user
from lib.errors import HouseError


class Command(BaseCommand):
    """Take the second factor of a person away."""

    help = "Let a person sign in with the password alone, until another second factor is set up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it away."""
        system = system_user()
        try:
            person = find_account(options["name"].lower(), actor=system)
            remove_second_factor(person, actor=system)
        except HouseError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{person} has no second factor now.")
