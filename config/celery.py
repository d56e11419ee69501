"""The Celery app, and how it treats tasks wherever it runs. What runs when is in settings, what a task does in its app.

Tasks carry ids only and may run twice: a message goes away when its task has ended, not when it begins.
"""

import os
import warnings
from pathlib import Path
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_ready
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["durablefs"] = "config.broker:Transport"

# Celery warns root of pickled messages; only JSON is accepted here.
warnings.filterwarnings("ignore", category=SecurityWarning)

MINUTES = 60

app = Celery("gatehouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.add_defaults(
    {
        "timezone": "UTC",
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,  # results are rows of the task's own app
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,  # it is delivered again anyway
        # Redis delivers again what is not acknowledged within the visibility timeout: a task must have ended before,
        # and the work of a lost worker lies idle as long (an hour, by default). The file broker needs no such guess.
        "task_soft_time_limit": 20 * MINUTES,
        "task_time_limit": 22 * MINUTES,
        "broker_transport_options": {"visibility_timeout": 25 * MINUTES, "socket_connect_timeout": 5},
        "broker_connection_retry_on_startup": True,
        "worker_hijack_root_logger": False,  # the lines look as those of the web side do
        # A request waits at most about a second for a lost broker; a sweep sends again what was not sent.
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.4},
    }
)
app.autodiscover_tasks()


@worker_ready.connect
def tell_the_supervisor(**_: Any) -> None:
    """Touch the file that `config.tree` waits for, when it started this worker."""
    if path := os.environ.get("WORKER_READY_FILE"):
        Path(path).touch()
