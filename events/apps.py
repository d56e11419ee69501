"""The audit log as a Django app."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """What happened, tamper-evident."""

    name = "events"
    default_auto_field = "django.db.models.BigAutoField"
