"""The dashboard as a Django app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Pages for people; it has no tables of its own."""

    name = "dashboard"
