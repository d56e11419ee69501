"""Parameters and metrics of runs. Metric points are kept in chunks: one row holds what one call brought for one key."""

import struct
from collections.abc import Iterable, Iterator
from math import isnan
from typing import NamedTuple

from django.db import models

from tracking.models.runs import Run


class Point(NamedTuple):
    """One measurement: milliseconds since 1970, step, value."""

    timestamp: int
    step: int
    value: float

    @property
    def place(self) -> tuple[int, int, float, bool]:
        """What orders the points of a metric and tells them apart, which not-a-number cannot do by itself."""
        is_nan = isnan(self.value)
        return self.timestamp, self.step, 0.0 if is_nan else self.value, is_nan


_POINT = struct.Struct("<qqd")


def pack(points: Iterable[Point]) -> bytes:
    """24 bytes a point: timestamp, step, value; little-endian."""
    return b"".join(_POINT.pack(*point) for point in points)


def unpack(packed: bytes | memoryview) -> Iterator[Point]:
    """The points that `pack` wrote."""
    return map(Point._make, _POINT.iter_unpack(packed))  # noqa: SLF001 # the documented way, and twice as fast


class Param(models.Model):
    """A parameter of a run: set once, never changed."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="params", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="param_once")]

    def __str__(self) -> str:
        return self.key


class LatestMetric(models.Model):
    """The latest point of a metric: highest step, then timestamp, then value. What lists, filters and gates read."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="metrics", db_index=False)
    key = models.CharField(max_length=250)
    value = models.FloatField()
    is_nan = models.BooleanField(default=False)
    timestamp = models.BigIntegerField()
    step = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="latest_metric_once")]
        indexes = [models.Index(fields=["key", "value"], name="latest_metric_by_value")]

    def __str__(self) -> str:
        return self.key

    @property
    def number(self) -> float:
        """The value, with not-a-number as Python has it (databases differ about it, so it is stored apart)."""
        return float("nan") if self.is_nan else self.value


class MetricChunk(models.Model):
    """Points of one metric as they arrived in one call, packed."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=250)
    points = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["run", "key", "id"], name="metric_chunk_by_key")]

    def __str__(self) -> str:
        return self.key
