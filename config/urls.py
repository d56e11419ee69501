"""Which door leads where."""

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("health", health.health),
    path("admin/", admin.site.urls),
    path("api/v1/", include("protocols.rest.urls")),
    path("", include("protocols.mlflow_rest.urls")),
    path("", include("dashboard.urls")),
]
