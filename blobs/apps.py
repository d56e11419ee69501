"""The content store as a Django app."""

from django.apps import AppConfig


class BlobsConfig(AppConfig):
    """Bytes by digest."""

    name = "blobs"
    default_auto_field = "django.db.models.BigAutoField"
