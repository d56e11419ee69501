"""How many queries the calls make that clients make all the time. What they read must not grow with what is there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from registry.models import ModelVersion
from registry.operations.placements import move_alias
from registry.operations.versions import set_version_tag
from tests.factories.registry import register_files
from tests.factories.tracking import new_run
from tracking.models import Run
from tracking.operations.measurements import Measurement, log_batch

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


@pytest.fixture
def run(version: ModelVersion, scientist: User) -> Run:
    run = new_run(version.model.registry, actor=scientist)
    log_batch(run, metrics=[Measurement("loss", 0.5, 1)], params=[("p", "1")], tags=[("t", "1")], actor=scientist)
    move_alias(version, "blue", actor=scientist)
    set_version_tag(version, "k", "v", actor=scientist)
    return run


def calls(run: Run) -> Iterator[tuple[str, str, dict[str, Any], int]]:
    """Method, path, fields, and the queries: the token is one of them, a transaction's begin and end are none."""
    model, version, run_id = {"name": "iris"}, {"name": "iris", "version": "1"}, {"run_id": run.run_id}
    yield "GET", "model-versions/get", version, 2
    yield "GET", "model-versions/get-download-uri", version, 2
    yield "GET", "registered-models/alias", model | {"alias": "blue"}, 2
    yield "GET", "registered-models/get", model, 3
    yield "POST", "registered-models/get-latest-versions", model, 3
    yield "GET", "registered-models/search", {"filter": "name LIKE 'i%'"}, 5
    yield "GET", "model-versions/search", {"filter": "name = 'iris'"}, 4
    yield "GET", "runs/get", run_id, 2
    yield "POST", "runs/search", {"experiment_ids": ["0"], "filter": "metrics.loss < 1"}, 5
    yield "GET", "metrics/get-history", run_id | {"metric_key": "loss"}, 2
    yield "POST", "runs/log-metric", run_id | {"key": "loss", "value": 0.4, "timestamp": 2, "step": 1}, 5
    yield "POST", "runs/log-parameter", run_id | {"key": f"q{run.params.count()}", "value": "1"}, 4
    yield "POST", "model-versions/set-tag", version | {"key": "k", "value": "w"}, 5


def test_short_calls_make_few_queries_however_much_there_is(
    version: ModelVersion, run: Run, scientist: User, ask: Ask
) -> None:
    ask("GET", "model-versions/get", name="iris", version="1")  # the first use of a token in a minute is noted
    wrong = {}
    for is_more in (False, True):
        for method, path, fields, expected in calls(run):
            with CaptureQueriesContext(connection) as queries:
                answer = ask(method, path, **fields)
            assert answer.status_code == 200, (path, answer.content)
            sent = [query["sql"] for query in queries if not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]
            if len(sent) != expected:
                wrong[path, is_more] = (expected, len(sent))
        for number in range(3):
            more = register_files(version.model, {"w": bytes([number])}, actor=scientist)
            set_version_tag(more, "k", "v", actor=scientist)
            log_batch(run, metrics=[Measurement("loss", number, 9, 9)], tags=[(f"t{number}", "1")], actor=scientist)
    assert wrong == {}
