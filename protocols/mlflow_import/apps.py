"""The app."""

from django.apps import AppConfig


class MlflowImportConfig(AppConfig):
    """Moving in from an MLflow server."""

    name = "protocols.mlflow_import"
    label = "mlflow_import"
