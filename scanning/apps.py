"""Scanning as a Django app."""

from django.apps import AppConfig


class ScanningConfig(AppConfig):
    """Nothing unsafe gets through."""

    name = "scanning"
    default_auto_field = "django.db.models.BigAutoField"
