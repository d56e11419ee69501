"""Addresses of this door: everything under /api and again under /ajax-api, for the default registry and, below
/r/<registry>, for every other one."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from protocols.mlflow_rest.routes import endpoints
from protocols.mlflow_rest.views import (
    artifacts,
    experiments,
    logged_models,
    metrics,
    model_versions,
    registered_models,
    runs,
    service,
)

_routes = [
    *experiments.routes,
    *runs.routes,
    *metrics.routes,
    *logged_models.routes,
    *artifacts.routes,
    *service.routes,
    *registered_models.routes,
    *model_versions.routes,
]

_api: list[URLPattern | URLResolver] = [
    path("3.0/mlflow/server-info", service.server_info),
    *endpoints(_routes),
    re_path(r"^[0-9]+[.][0-9]+/(?P<path>[\s\S]*)\Z", service.unknown),
]

_door: list[URLPattern | URLResolver] = [
    path("version", service.version),
    path("api/", include(_api)),
    path("ajax-api/", include(_api)),
]

urlpatterns: list[URLPattern | URLResolver] = [*_door, path("r/<str:registry_name>/", include(_door))]
