"""`manage.py first_start`: what a fresh install needs before anybody can sign in."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import Registry, User
from accounts.models.tokens import longest_life
from accounts.operations.people import create_person
from accounts.operations.registries import create_registry
from accounts.operations.tokens import create_token
from accounts.queries import system_user
from accounts.rights import Scope


class Command(BaseCommand):
    """Make the administrator with a token in DATA_DIR/admin-token, and the default registry. Safe to run again."""

    help = "Create the administrator and the default registry, if there are none."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing."""
        system = system_user()
        if not Registry.objects.filter(is_default=True).exists():
            create_registry("main", description="The default registry.", is_default=True, actor=system)
        admin = User.objects.filter(kind=User.Kind.PERSON, is_superuser=True).first()
        if admin is None:
            password = os.environ.get("ADMIN_PASSWORD") or secrets.token_urlsafe(12)
            admin = create_person(
                "admin",
                email=os.environ.get("ADMIN_EMAIL") or "admin@localhost.localdomain",
                password=password,
                display_name="Administrator",
                is_administrator=True,
                actor=system,
            )
            write_secret("admin-password", password)
        if not (Path(settings.DATA_DIR) / "admin-token").exists():
            _, secret = create_token(
                admin,
                name="First start",
                scopes=list(Scope),
                expires_at=timezone.now() + longest_life(admin) - timedelta(minutes=1),
                actor=system,
            )
            write_secret("admin-token", secret)


def write_secret(name: str, text: str) -> None:
    """Write a file in the data folder that only its owner can read."""
    path = Path(settings.DATA_DIR) / name
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
