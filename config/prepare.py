"""What must be true before the first process serves: the tables are there, and there is an administrator."""

import os

import django
from django.core.management import call_command


def main() -> None:
    """Migrate and furnish, in one start of Django instead of two. Safe to run every time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("first_start")


if __name__ == "__main__":
    main()
