"""The WSGI application."""

import gc
import os
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class StreamedRequest(WSGIRequest):
    """A request whose body may come without a length. Django takes such a body for an empty one (ticket 35838)."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" and not environ.get("CONTENT_LENGTH"):
            self._stream = environ["wsgi.input"]


WSGIHandler.request_class = StreamedRequest
application = get_wsgi_application()
# What is loaded by now stays for good, and an answer of 10,000 points is not a heap full of cycles: look less often.
gc.freeze()
gc.set_threshold(50_000, 20, 20)
