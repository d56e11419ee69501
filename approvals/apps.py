"""Approvals as a Django app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Who has to agree before a version moves."""

    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"
