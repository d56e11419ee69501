"""One run: what went in, what was measured, what came out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from dashboard.door import signed_in
from registry.queries import versions_for
from tracking.queries import find_run, with_parts

MOST_FILES = 500


@require_safe
@signed_in
def run(request: HttpRequest, actor: User, run_id: str) -> HttpResponse:
    """The page of a run."""
    found = find_run(run_id, actor=actor)
    with_parts([found])
    tags = {tag.key: tag.value for tag in found.tags.all()}
    shown = {
        "run": found,
        "experiment": found.experiment,
        "tags": sorted((key, value) for key, value in tags.items() if not key.startswith("mlflow.")),
        "source": tags.get("mlflow.source.name", ""),
        "commit": tags.get("mlflow.source.git.commit", ""),
        "params": sorted(found.params.all(), key=lambda param: param.key),
        "metrics": sorted(found.metrics.all(), key=lambda metric: metric.key),
        "inputs": found.inputs.all(),
        "outputs": found.model_outputs.all(),
        "files": found.folder.files.select_related("blob").order_by("path")[:MOST_FILES],
        "versions": versions_for(actor).filter(source_run=found).order_by("-pk")[:50],
    }
    return render(request, "pages/run.html", shown)
