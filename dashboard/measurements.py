"""Metrics of runs and versions side by side in a table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from registry.models import ModelVersion
from tracking.models import LatestMetric

MOST_COLUMNS = 4


@dataclass(frozen=True)
class Metrics:
    """Some metrics of some runs: `keys` are the columns, `known` what could be chosen."""

    keys: list[str]
    known: list[str]
    values: dict[tuple[int, str], float]

    def of_run(self, run: int | None) -> list[tuple[str, float | None]]:
        """Name and value for each column; None where the run has no such metric."""
        return [(key, self.values.get((run or 0, key))) for key in self.keys]

    def of(self, version: ModelVersion) -> list[tuple[str, float | None]]:
        """The same for the run that a version comes from."""
        return self.of_run(version.source_run_id)


def metrics_of_runs(runs: Sequence[int], wanted: Collection[str]) -> Metrics:
    """The wanted metrics of these runs, or the first few that the newest measured run has. Two queries.

    `runs` are keys of rows, newest first.
    """
    measured = LatestMetric.objects.filter(run__in=runs).order_by("-run_id").values("run_id")[:1]
    known = list(LatestMetric.objects.filter(run__in=measured).order_by("key").values_list("key", flat=True)[:200])
    keys = [key for key in wanted if key in known][:MOST_COLUMNS] or known[:MOST_COLUMNS]
    found = LatestMetric.objects.filter(run__in=runs, key__in=keys) if keys else []
    return Metrics(keys, known, {(metric.run_id, metric.key): metric.number for metric in found})


def chosen_metrics(versions: Sequence[ModelVersion], wanted: Collection[str]) -> Metrics:
    """The same for the runs that versions come from."""
    return metrics_of_runs([version.source_run_id for version in versions if version.source_run_id], wanted)
