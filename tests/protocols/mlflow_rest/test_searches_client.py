"""Searches and histories through the real MLflow client, and the call by which older clients tell of their models."""

import json

import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Ask

pytestmark = WITH_REAL_CLIENT


def test_an_older_client_tells_of_its_models_in_a_tag(client: MlflowClient) -> None:
    run = client.create_run("0")
    for path in ("first", "second"):
        client._tracking_client.store.record_logged_model(
            run.info.run_id, Model(artifact_path=path, run_id=run.info.run_id, flavors={"x": {}})
        )
    noted = json.loads(client.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])
    assert [(model["artifact_path"], model["flavors"]) for model in noted] == [
        ("first", {"x": {}}),
        ("second", {"x": {}}),
    ]


def test_histories_are_sampled_evenly_and_end_with_the_last_point(client: MlflowClient, ask: Ask) -> None:
    runs = [client.create_run("0").info.run_id for _ in range(2)]
    for run_id, size in zip(runs, (100, 3), strict=True):
        client.log_batch(run_id, metrics=[Metric("loss", 1 / (step + 1), step, step) for step in range(size)])
    # The client itself samples what it has fetched; MLflow's pages leave that to the server.
    answer = ask("GET", "metrics/get-history-bulk-interval", run_ids=runs, metric_key="loss", max_results=5)
    found = answer.json()["metrics"]
    steps = {run_id: [metric["step"] for metric in found if metric["run_id"] == run_id] for run_id in runs}
    assert steps == {runs[0]: [0, 20, 40, 60, 99], runs[1]: [0, 1, 2]}


def test_experiments_are_found_by_id(client: MlflowClient) -> None:
    ids = [client.create_experiment(name) for name in ("one", "two", "three")]
    found = client.search_experiments(
        filter_string=f"experiment_id IN ('{ids[0]}', '{ids[2]}')", order_by=["name DESC"]
    )
    assert [experiment.name for experiment in found] == ["three", "one"]
    assert found[0].workspace == "default"


def test_runs_are_found_by_where_their_artifacts_are(client: MlflowClient) -> None:
    experiment = client.create_experiment("elsewhere", artifact_location="s3://bucket/folder")
    inside, outside = client.create_run("0"), client.create_run(experiment)
    for text, expected in (("s3://%", outside), ("mlflow-artifacts:/0/%", inside)):
        found = client.search_runs(["0", experiment], filter_string=f"artifact_uri LIKE '{text}'")
        assert [run.info.run_id for run in found] == [expected.info.run_id]


def test_logged_models_are_ordered_by_one_data_set_and_their_tokens_are_theirs(client: MlflowClient) -> None:
    run = client.create_run("0")
    for name, here, there in (("a", 1.0, 9.0), ("b", 3.0, 1.0), ("c", 2.0, 5.0)):
        model = client.create_logged_model("0", name=name)
        client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        for number, (dataset, value) in enumerate((("here", here), ("there", there))):
            client.log_metric(
                run.info.run_id,
                "acc",
                value,
                step=number,
                model_id=model.model_id,
                dataset_name=dataset,
                dataset_digest="1",
            )
    order = [{"field_name": "metrics.acc", "ascending": True, "dataset_name": "here", "dataset_digest": "1"}]
    page = client.search_logged_models(["0"], order_by=order, max_results=2)
    assert [model.name for model in page] == ["a", "c"]
    rest = client.search_logged_models(["0"], order_by=order, max_results=2, page_token=page.token)
    assert [model.name for model in rest] == ["b"]
    with pytest.raises(MlflowException, match="belongs to another search"):
        client.search_logged_models(["0"], filter_string="name != 'x'", max_results=2, page_token=page.token)
