"""The address of each thing's page."""

from django.db.models import Model
from django.urls import reverse

from accounts.models import AccessRequest, Registry
from approvals.models import Review
from registry.models import ModelVersion, RegisteredModel
from tracking.models import Experiment, Run


def address(thing: Model, page: str = "") -> str:
    """Where the page of `thing` is, or a further page of it. Versions need their model and its registry at hand."""
    match thing:
        case RegisteredModel():
            return reverse(page or "model", args=[thing.registry.name, thing.name])
        case ModelVersion():
            return reverse(page or "version", args=[thing.model.registry.name, thing.model.name, thing.number])
        case Review():
            return reverse(page or "review", args=[thing.pk])
        case Run():
            return reverse(page or "run", args=[thing.run_id])
        case Registry():
            return reverse(page or "registry", args=[thing.name])
        case AccessRequest():
            return reverse(page or "access-request", args=[thing.pk])
        case Experiment():
            return reverse(page or "experiment", args=[thing.pk])
    raise TypeError(f"A {type(thing).__name__} has no page.")
