"""Several real MLflow clients at once: what they make is numbered without gaps, and nobody is told of a crash."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import RestException

from registry.models import ModelVersion, Placement
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Register

pytestmark = WITH_REAL_CLIENT

AT_ONCE = 6


def all_at_once(work: Callable[[int], object], times: int) -> list[object]:
    """What each of many simultaneous calls brought; an exception of one is raised."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, range(times)))


def test_versions_that_are_registered_at_once_get_numbers_without_gaps(
    client: MlflowClient, register: Register
) -> None:
    source = register("iris")
    made = all_at_once(
        lambda number: client.create_model_version("iris", str(source.source), source.run_id, tags={"n": str(number)}),
        18,
    )
    assert sorted(int(row.version) for row in made) == list(range(2, 20))  # type: ignore[attr-defined]
    assert {tag.value for row in ModelVersion.objects.all() for tag in row.tags.all()} == {str(n) for n in range(18)}
    assert ModelVersion.objects.values("tree").distinct().count() == 1


def test_an_alias_that_is_moved_at_once_names_one_version(client: MlflowClient, register: Register) -> None:
    source = register("iris")
    for _ in range(3):
        client.create_model_version("iris", str(source.source), source.run_id)
    all_at_once(lambda number: client.set_registered_model_alias("iris", "best", str(number % 4 + 1)), 24)
    (standing,) = Placement.objects.filter(closed_at=None)
    assert client.get_registered_model("iris").aliases == {"best": str(standing.version.number)}


def test_a_name_is_taken_once(client: MlflowClient) -> None:
    def make(_: int) -> str:
        try:
            return str(client.create_registered_model("iris").name)
        except RestException as error:
            return str(error.error_code)

    assert sorted(map(str, all_at_once(make, 12))) == ["RESOURCE_ALREADY_EXISTS"] * 11 + ["iris"]


def test_runs_of_many_threads_are_all_kept(client: MlflowClient) -> None:
    def log(number: int) -> str:
        run_id = str(client.create_run("0").info.run_id)
        client.log_param(run_id, "n", number)
        for step in range(5):
            client.log_metric(run_id, "loss", number / (step + 1), step=step)
        client.log_text(run_id, str(number), "n.txt")
        client.set_terminated(run_id)
        return run_id

    for number, run_id in enumerate(map(str, all_at_once(log, 12))):
        run = client.get_run(run_id)
        assert (run.info.status, run.data.params) == ("FINISHED", {"n": str(number)})
        assert len(client.get_metric_history(run_id, "loss")) == 5
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/n.txt") == str(number)
