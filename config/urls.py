"""Which door leads where."""

from django.contrib import admin
from django.urls import include, path

from config import health
from dashboard.views import session

# The admin has no doors of its own: one sign-in, with its second factor, one sign-out, one page for the password.
admin.site.login = session.admin_sign_in  # type: ignore[method-assign]
admin.site.logout = session.admin_sign_out  # type: ignore[method-assign, assignment]
admin.site.password_change = session.admin_password  # type: ignore[method-assign, assignment]

urlpatterns = [
    path("health", health.health),
    path("admin/", admin.site.urls),
    path("api/v1/", include("protocols.rest.urls")),
    path("", include("protocols.mlflow_rest.urls")),
    path("", include("dashboard.urls")),
]
handler400 = "config.bad_requests.bad_request"
