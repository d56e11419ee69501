"""The list of logged models that clients before MLflow 3 keep with a run: JSON in one of its tags."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from lib.errors import Invalid
from tracking.locks import lock_active_run
from tracking.models import Run, RunTag

MODELS_TAG = "mlflow.log-model.history"
LONGEST_NOTES = 1_000_000


@transaction.atomic
def note_model(run: Run, model: Mapping[str, Any], *, actor: User) -> None:
    """Add to the run's list what a client says of a model. Raises Invalid for a deleted run and for a list too long.

    The list is never cut as other tags are: half of it would be no JSON.
    """
    access.require(actor, Right.EDIT, run)
    run = lock_active_run(run)
    text = json.dumps([*_noted(run), dict(model)])
    if len(text) > LONGEST_NOTES:
        raise Invalid("model_json", f"The models of a run are told in at most {LONGEST_NOTES} characters.")
    RunTag.objects.update_or_create(run=run, key=MODELS_TAG, defaults={"value": text})


def _noted(run: Run) -> list[Any]:
    """What the list holds so far; a client may have written the tag itself, and then it may be anything."""
    text = run.tags.filter(key=MODELS_TAG).values_list("value", flat=True).first() or "[]"
    try:
        noted = json.loads(text)
    except json.JSONDecodeError:
        return []
    return noted if isinstance(noted, list) else []
