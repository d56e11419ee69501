"""Several processes that log to one run at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Registry, User
from tests.factories.tracking import new_run
from tracking import queries
from tracking.models.measurements import Point
from tracking.operations.measurements import Measurement, log_batch


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_latest_value_survives_writers_at_the_same_time(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)

    def write(step: int) -> None:
        try:
            log_batch(run, metrics=[Measurement("a", step / 10, 1, step)], tags=[("t", str(step))], actor=scientist)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [3, 19, 7, 0, 11, *range(20)]))
    assert run.metrics.get().step == 19
    assert queries.metric_history(run, "a") == [Point(1, step, step / 10) for step in range(20)]
