"""Supply as a Django app."""

from django.apps import AppConfig


class SupplyConfig(AppConfig):
    """What a version is made of and who vouches for it."""

    name = "supply"
    verbose_name = "Supply chain"
    default_auto_field = "django.db.models.BigAutoField"
