"""Identity and access as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may do what."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
