"""What clients ask about the server itself, and the parts of the protocol that Gatehouse does not have."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from blobs.queries import is_public
from protocols.mlflow_rest import errors
from protocols.mlflow_rest.auth import actor_of
from protocols.mlflow_rest.routes import Call, answered, mlflow_routes

# The version of MLflow whose protocol this is; clients compare it with their own.
VERSION = "3.17.2"

_ABSENT = {
    "assessments",
    "datasets",
    "demo",
    "gateway",
    "gateway-proxy",
    "genai",
    "get-online-trace-details",
    "issues",
    "jobs",
    "label-schemas",
    "mcp-servers",
    "prompt-optimization",
    "review-queues",
    "scorer",
    "scorers",
    "traces",
    "unified-traces",
    "webhooks",
}


# These have no mlflow/ before them.
_BESIDE = {"jobs"}


@require_safe
def version(request: HttpRequest, registry_name: str | None = None) -> HttpResponse:
    """GET /version, for everybody"""
    return HttpResponse(VERSION, content_type="text/plain")


@require_safe
def server_info(request: HttpRequest, registry_name: str | None = None) -> HttpResponseBase:
    """GET server-info, for everybody: clients ask before they sign in"""
    return answered(
        request,
        lambda: {
            "store_type": "SqlStore",
            "workspaces_enabled": True,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": is_public(),
            "multipart_downloads_enabled": is_public(),
            "artifact_serving_enabled": True,
            "presigned_upload_run_id_supported": False,
            "presigned_upload_model_id_supported": False,
            "features_enabled": {"gateway": False},
        },
    )


@csrf_exempt
def unknown(request: HttpRequest, path: str, registry_name: str | None = None) -> HttpResponseBase:
    """Any other address below the API's prefixes"""

    def respond() -> dict[str, Any] | HttpResponseBase:
        actor_of(request)
        group = path.removeprefix("mlflow/").partition("/")[0]
        if group in _ABSENT and (path.startswith("mlflow/") or group in _BESIDE):
            return errors.not_implemented(group)
        return errors.no_endpoint("There is no such address in this API.")

    return answered(request, respond)


def list_webhooks(call: Call) -> dict[str, Any]:
    """GET webhooks: there are none"""
    return {}


def create_webhook(call: Call) -> HttpResponseBase:
    """POST webhooks"""
    return errors.not_implemented("webhooks")


routes = mlflow_routes(("GET", "webhooks", list_webhooks), ("POST", "webhooks", create_webhook))
