"""Lines that people copy into a terminal or a notebook."""

import json

from django.http import HttpRequest

from registry.models import ModelVersion, RegisteredModel


def sign_in_snippet(request: HttpRequest, secret: str = "") -> str:
    """How an MLflow client finds this server and signs in."""
    return f"export MLFLOW_TRACKING_URI={_address(request)}\nexport MLFLOW_TRACKING_TOKEN={secret or '<your token>'}"


def register_snippet() -> str:
    """How the first version comes into being."""
    return """import mlflow

with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)
    mlflow.sklearn.log_model(
        model, name="model", registered_model_name="my-model"
    )"""


def load_snippet(model: RegisteredModel, where: str) -> str:
    """How a version is loaded; `where` is its number, its stage or its alias: `/3`, `/Production`, `@champion`."""
    uri = f"models:/{model.name}{where}"
    return "\n".join(
        ["import mlflow", "", *_workspace(model), "model = mlflow.pyfunc.load_model(", f"    {json.dumps(uri)}", ")"]
    )


def version_snippet(version: ModelVersion) -> str:
    """How exactly this version is loaded."""
    return load_snippet(version.model, f"/{version.number}")


def _workspace(model: RegisteredModel) -> list[str]:
    """Clients speak to the default registry unless they are told otherwise."""
    return [] if model.registry.is_default else [f'mlflow.set_workspace("{model.registry.name}")']


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
