"""The model registry as a Django app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Models and versions."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"
