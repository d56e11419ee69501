"""Is this server up? The supervisor starts the web side last, so an answer here means that the whole tree is ready."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 with `OK` when the database answers, as probes and MLflow clients expect."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("OK", content_type="text/plain")
