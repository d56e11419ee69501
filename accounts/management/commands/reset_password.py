"""`manage.py reset_password NAME`: give somebody a new password, which is printed once."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.operations.attempts import unlock_account
from accounts.operations.people import reset_password
from accounts.queries import find_account, system_user
from lib.errors import HouseError


class Command(BaseCommand):
    """Make up a password, end the sessions of the old one, and unlock the account."""

    help = "Give a person a new password, print it once, and sign them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set and print it: the password alone on standard output, whose it is on standard error."""
        system = system_user()
        password = secrets.token_urlsafe(15)
        try:
            person = find_account(options["name"].lower(), actor=system)
            reset_password(person, password, actor=system)
            unlock_account(person, actor=system)
        except HouseError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stderr.write(f"New password of {person}, who is signed out everywhere:")
        self.stdout.write(password)
