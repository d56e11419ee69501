"""Addresses of this door: everything under /api and again under /ajax-api, a few outside them; all of it for the
default registry and, below /r/<registry>, for every other one."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from protocols.mlflow_rest.routes import answering_get, endpoints
from protocols.mlflow_rest.views import (
    artifacts,
    experiments,
    logged_models,
    metrics,
    model_versions,
    multipart,
    registered_models,
    runs,
    service,
    workspaces,
)

_routes = [
    *experiments.routes,
    *runs.routes,
    *metrics.routes,
    *logged_models.routes,
    *artifacts.routes,
    *multipart.routes,
    *service.routes,
    *registered_models.routes,
    *model_versions.routes,
    *workspaces.routes,
]

_api: list[URLPattern | URLResolver] = [
    path("3.0/mlflow/server-info", service.server_info),
    *endpoints(_routes),
    re_path(r"^[0-9]+[.][0-9]+/(?P<path>[\s\S]*)\Z", service.unknown),
]

_door: list[URLPattern | URLResolver] = [
    path("version", service.version),
    path("get-artifact", answering_get(artifacts.file_of_run)),
    path("model-versions/get-artifact", answering_get(artifacts.file_of_version)),
    path("api/", include(_api)),
    path("ajax-api/", include(_api)),
]

urlpatterns: list[URLPattern | URLResolver] = [*_door, path("r/<str:registry_name>/", include(_door))]
