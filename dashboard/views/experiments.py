"""Experiments and their runs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from dashboard.door import signed_in
from dashboard.measurements import metrics_of_runs
from lib.paging import page_by_key
from tracking.queries import experiments_for, find_experiment, runs_for

PAGE_SIZE = 50


@require_safe
@signed_in
def experiments(request: HttpRequest, actor: User) -> HttpResponse:
    """The experiments that the actor sees."""
    rows = experiments_for(actor).filter(deleted_at=None).select_related("registry", "created_by")
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=words)
    page = page_by_key(rows, ["-updated_at", "-pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    return render(request, "pages/experiments.html", {"page": page, "query": request.GET.get("q", "")})


@require_safe
@signed_in
def experiment(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """One experiment and its runs with their first metrics, newest first."""
    found = find_experiment(pk, actor=actor)
    runs = runs_for(actor).filter(experiment=found, deleted_at=None).select_related("created_by")
    page = page_by_key(runs, ["-pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    metrics = metrics_of_runs([run.pk for run in page.rows], request.GET.getlist("metric"))
    shown = {
        "experiment": found,
        "rows": [(run, metrics.of_run(run.pk)) for run in page.rows],
        "metrics": metrics,
        "next_token": page.next_token,
    }
    return render(request, "pages/experiment.html", shown)
