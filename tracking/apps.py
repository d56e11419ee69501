"""Experiment tracking as a Django app."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Where versions come from."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"
