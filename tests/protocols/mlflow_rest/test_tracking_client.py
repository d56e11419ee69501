"""The real MLflow client against a running server: experiments, runs, metrics, artifacts, logged models."""

import math
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException, RestException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from pytest_django.live_server_helper import LiveServer
from sklearn.linear_model import LinearRegression

from accounts import access
from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT

pytestmark = WITH_REAL_CLIENT


def test_a_first_run_without_any_setting_up(client: MlflowClient) -> None:
    with mlflow.start_run() as run:
        mlflow.log_param("depth", 3)
    again = client.get_run(run.info.run_id)
    assert again.info.experiment_id == "0"
    assert again.info.status == "FINISHED"
    assert again.data.params == {"depth": "3"}


def test_experiments_live_and_die(client: MlflowClient, maintainer: User) -> None:
    number = client.create_experiment("trees", tags={"team": "forest"})
    assert mlflow.set_experiment("trees").experiment_id == number
    assert client.get_experiment_by_name("nothing") is None
    client.set_experiment_tag(number, "team", "woods")
    client.set_experiment_tag(number, "more", "x")
    client.delete_experiment_tag(number, "more")
    client.rename_experiment(number, "oaks")
    found = client.get_experiment(number)
    assert (found.name, found.tags, found.artifact_location) == (
        "oaks",
        {"team": "woods"},
        f"mlflow-artifacts:/{number}",
    )
    with pytest.raises(RestException, match="already exists"):
        client.create_experiment("oaks")
    with pytest.raises(RestException, match="does not have the scope"):
        client.delete_experiment(number)


def test_a_maintainer_deletes_and_restores_an_experiment(
    client: MlflowClient, maintainer: User, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = client.create_experiment("trees")
    kept, lost = client.create_run(number), client.create_run(number)
    client.delete_run(lost.info.run_id)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token_of(maintainer))
    client.delete_experiment(number)
    assert client.get_experiment(number).lifecycle_stage == "deleted"
    assert client.get_run(kept.info.run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(RestException, match="No Experiment with id"):
        client.delete_experiment(number)
    client.restore_experiment(number)
    assert client.get_run(kept.info.run_id).info.lifecycle_stage == "active"
    assert client.get_run(lost.info.run_id).info.lifecycle_stage == "deleted"


def test_experiments_are_searched_page_by_page(client: MlflowClient) -> None:
    for name in ("alpha", "beta", "gamma", "Alpine"):
        client.create_experiment(name, tags={"size": "big" if name == "beta" else "small"})
    first = client.search_experiments(max_results=2, order_by=["name ASC"], filter_string="name LIKE '%a%'")
    assert [row.name for row in first] == ["Default", "alpha"]
    second = client.search_experiments(
        max_results=2, order_by=["name ASC"], filter_string="name LIKE '%a%'", page_token=first.token
    )
    assert [row.name for row in second] == ["beta", "gamma"]
    assert not second.token
    assert {row.name for row in client.search_experiments(filter_string="name ILIKE 'al%'")} == {"alpha", "Alpine"}
    assert [row.name for row in client.search_experiments(filter_string="tags.size = 'big'")] == ["beta"]
    assert client.search_experiments(view_type=ViewType.DELETED_ONLY) == []


def test_metrics_keep_their_history_and_their_latest_value(client: MlflowClient) -> None:
    run_id = client.create_run("0").info.run_id
    for step, value in ((0, 0.9), (2, 0.5), (1, 0.7)):
        client.log_metric(run_id, "loss", value, timestamp=1000 + step, step=step)
    client.log_metric(run_id, "loss", 0.5, timestamp=1002, step=2)
    client.log_batch(
        run_id,
        metrics=[
            Metric("odd", math.nan, 1, 0),
            Metric("high", math.inf, 1, 0),
            Metric("low", -math.inf, 1, 0),
            Metric("loss", 0.9, 1000, 0),
        ],
        params=[Param("depth", "3")],
        tags=[RunTag("colour", "green")],
    )
    run = client.get_run(run_id)
    assert run.data.metrics["loss"] == 0.5
    assert math.isnan(run.data.metrics["odd"])
    assert run.data.metrics["high"] == 1.7976931348623157e308
    assert run.data.metrics["low"] == -1.7976931348623157e308
    history = client.get_metric_history(run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(0, 0.9), (1, 0.7), (2, 0.5)]
    assert client.get_metric_history(run_id, "nothing") == []


def test_parameters_are_set_once(client: MlflowClient) -> None:
    run_id = client.create_run("0").info.run_id
    client.log_param(run_id, "depth", 3)
    client.log_param(run_id, "depth", 3)
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(run_id, "depth", 4)
    with pytest.raises(MlflowException, match="Invalid value"):
        client.log_param(run_id, "../depth", 4)
    client.log_param(run_id, "long", "x" * 7000)
    assert len(client.get_run(run_id).data.params["long"]) == 6000


def test_tags_come_and_go_and_name_the_run(client: MlflowClient) -> None:
    run = client.create_run("0", tags={"a": "1"}, run_name="first")
    client.set_tag(run.info.run_id, "mlflow.runName", "second")
    client.set_tag(run.info.run_id, "a", "2")
    client.set_tag(run.info.run_id, "b", "3")
    client.delete_tag(run.info.run_id, "b")
    with pytest.raises(RestException, match="No tag with name: b"):
        client.delete_tag(run.info.run_id, "b")
    again = client.get_run(run.info.run_id)
    assert again.info.run_name == "second"
    assert again.data.tags == {"a": "2", "mlflow.runName": "second"}
    client.update_run(run.info.run_id, status="FAILED", name="third")
    assert client.get_run(run.info.run_id).data.tags["mlflow.runName"] == "third"


def test_a_deleted_run_takes_nothing_more(client: MlflowClient, tmp_path: Path) -> None:
    run_id = client.create_run("0").info.run_id
    client.delete_run(run_id)
    (tmp_path / "file.txt").write_text("x")
    for attempt in (
        lambda: client.log_metric(run_id, "a", 1),
        lambda: client.log_param(run_id, "a", 1),
        lambda: client.set_tag(run_id, "a", 1),
        lambda: client.set_terminated(run_id),
        lambda: client.log_artifact(run_id, str(tmp_path / "file.txt")),
    ):
        with pytest.raises(Exception, match=r"must be in the 'active' state|400"):
            attempt()
    client.restore_run(run_id)
    client.log_metric(run_id, "a", 1)


def dataset_inputs(client: MlflowClient, run_id: str) -> list[DatasetInput]:
    inputs = client.get_run(run_id).inputs
    assert inputs is not None
    return inputs.dataset_inputs


def test_data_sets_are_noted(client: MlflowClient) -> None:
    with mlflow.start_run() as run:
        mlflow.log_input(from_numpy(np.arange(4.0), name="iris"), context="training")
    uses = dataset_inputs(client, run.info.run_id)
    assert [use.dataset.name for use in uses] == ["iris"]
    assert {tag.key: tag.value for tag in uses[0].tags} == {"mlflow.data.context": "training"}
    found = client.search_runs(["0"], "dataset.name = 'iris' AND dataset.context = 'training'")
    assert [row.info.run_id for row in found] == [run.info.run_id]
    other = Dataset(name="iris", digest="other", source_type="local", source="{}")
    client.log_inputs(run.info.run_id, [DatasetInput(other, [InputTag("mlflow.data.context", "test")])])
    assert len(dataset_inputs(client, run.info.run_id)) == 2


def test_runs_are_searched_and_ordered(client: MlflowClient) -> None:
    runs = {}
    for number, (loss, kind) in enumerate([(0.3, "a"), (0.1, "b"), (math.nan, "a"), (None, "b")]):
        run = client.create_run("0", start_time=1000 + number, run_name=f"r{number}", tags={"kind": kind})
        client.log_param(run.info.run_id, "depth", number)
        if loss is not None:
            client.log_metric(run.info.run_id, "loss", loss)
        runs[run.info.run_id] = f"r{number}"

    def found(text: str = "", order: list[str] | None = None, size: int = 100) -> list[str]:
        names, token = [], None
        while True:
            page = client.search_runs(["0"], text, max_results=size, order_by=order, page_token=token)
            names += [runs[row.info.run_id] for row in page]
            token = page.token
            if not token:
                return names

    assert found() == ["r3", "r2", "r1", "r0"]
    assert found(size=1) == ["r3", "r2", "r1", "r0"]
    assert found(order=["metrics.loss ASC"], size=1) == ["r1", "r0", "r2", "r3"]
    assert found(order=["metrics.loss DESC"], size=1) == ["r0", "r1", "r2", "r3"]
    assert found(order=["params.depth DESC"], size=2) == ["r3", "r2", "r1", "r0"]
    assert found(order=["tags.kind", "start_time ASC"], size=1) == ["r0", "r2", "r1", "r3"]
    assert found(order=["end_time DESC"], size=3) == ["r3", "r2", "r1", "r0"]
    assert found("metrics.loss < 0.2") == ["r1"]
    assert found("metrics.loss >= 0.1 and tags.kind = 'a'") == ["r0"]
    assert found("tags.`kind` != 'a' AND params.depth LIKE '1%'") == ["r1"]
    assert found("attributes.run_name ILIKE 'R%' AND start_time <= 1001") == ["r1", "r0"]
    some = ", ".join(f"'{run_id}'" for run_id, name in runs.items() if name in ("r1", "r3"))
    assert found(f"run_id IN ({some})") == ["r3", "r1"]
    assert found("attributes.status = 'FINISHED'") == []
    assert found("tags.kind IS NULL") == []
    assert len(mlflow.search_runs(["0"], filter_string="params.depth = '2'")) == 1
    for wrong in ("loss <", "metrics.loss < 'x'", "foo.bar = 'x'", "metrics.loss < 1 OR 1 = 1", "status > 'a'"):
        with pytest.raises(MlflowException) as caught:
            found(wrong)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_files_come_and_go(client: MlflowClient, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    contents = {"data/a.txt": b"hello", "data/empty.bin": b"", "data/größe 1.bin": bytes(3_000_000)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    run_id = client.create_run("0").info.run_id
    client.log_artifacts(run_id, str(tmp_path))
    client.log_text(run_id, "top", "top.txt")
    assert [(file.path, file.is_dir) for file in client.list_artifacts(run_id)] == [("data", True), ("top.txt", False)]
    sizes = {file.path: file.file_size for file in client.list_artifacts(run_id, "data")}
    assert sizes == {name: len(content) for name, content in contents.items()}
    there = Path(client.download_artifacts(run_id, "", str(tmp_path)))
    for name, content in contents.items():
        assert (there / name).read_bytes() == content
    client.log_text(run_id, "changed", "top.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/top.txt") == "changed"
    repository = get_artifact_repository(client.get_run(run_id).info.artifact_uri)
    repository.delete_artifacts("data")  # type: ignore[no-untyped-call] # of MLflow
    assert [file.path for file in client.list_artifacts(run_id)] == ["top.txt"]


def test_a_model_is_logged_found_and_loaded(client: MlflowClient, tmp_path: Path) -> None:
    features = np.arange(10.0).reshape(-1, 1)
    model = LinearRegression().fit(features, features[:, 0] * 2)
    with mlflow.start_run() as run:
        mlflow.log_params({"fit_intercept": True})
        mlflow.log_metrics({"rmse": 0.1, "mae": 0.05})
        mlflow.set_tags({"team": "forest"})
        signature = mlflow.models.infer_signature(features, model.predict(features))
        info = mlflow.sklearn.log_model(
            model, name="line", signature=signature, input_example=features[:2], pip_requirements=["scikit-learn"]
        )
    logged = mlflow.get_logged_model(info.model_id)
    assert logged.status.value == "READY"
    assert logged.source_run_id == run.info.run_id
    assert {metric.key: metric.value for metric in logged.metrics or []} == {"rmse": 0.1, "mae": 0.05}
    assert "MLmodel" in [file.path for file in client.list_logged_model_artifacts(info.model_id)]
    again = client.get_run(run.info.run_id)
    assert again.outputs is not None
    assert [made.model_id for made in again.outputs.model_outputs] == [info.model_id]
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/line"):
        loaded = mlflow.pyfunc.load_model(uri)
        assert loaded.predict(features[-1:]) == pytest.approx([18.0])
    assert Path(mlflow.artifacts.download_artifacts(info.model_uri, dst_path=str(tmp_path)), "MLmodel").exists()
    client.set_logged_model_tags(info.model_id, {"checked": "yes"})
    found = mlflow.search_logged_models(
        ["0"],
        filter_string=f"source_run_id = '{run.info.run_id}' AND tags.checked = 'yes' AND metrics.rmse < 0.2",
        output_format="list",
    )
    assert [row.model_id for row in found] == [info.model_id]
    client.delete_logged_model_tag(info.model_id, "checked")
    assert "checked" not in mlflow.get_logged_model(info.model_id).tags
    client.delete_logged_model(info.model_id)
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_logged_model(info.model_id)


def test_logged_models_are_ordered_and_paged(client: MlflowClient) -> None:
    with mlflow.start_run():
        made = []
        for number in range(3):
            logged = mlflow.create_external_model(name=f"model-{number}", params={"n": str(number)})
            mlflow.log_metric("score", number % 2 + number / 10, model_id=logged.model_id)
            made.append(logged.model_id)
    by_score = [{"field_name": "metrics.score", "ascending": False}]
    names, token = [], None
    while True:
        page = client.search_logged_models(["0"], order_by=by_score, max_results=1, page_token=token)
        names += [row.name for row in page]
        token = page.token
        if not token:
            break
    assert names == ["model-1", "model-2", "model-0"]
    assert [row.name for row in client.search_logged_models(["0"], "params.n = '2'")] == ["model-2"]


def test_a_workspace_is_a_registry(
    client: MlflowClient, live_server: LiveServer, scientist: User, system: User, member: Callable[..., User]
) -> None:
    other = create_registry("lab", actor=system)
    access.grant(Role.CONTRIBUTOR, on=other, to=scientist, actor=system)
    mlflow.set_workspace("lab")
    try:
        with mlflow.start_run() as run:
            mlflow.log_param("a", 1)
            mlflow.log_text("x", "x.txt")
        assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/x.txt") == "x"
    finally:
        mlflow.set_workspace(None)
    with pytest.raises(RestException, match="not found"):
        client.get_run(run.info.run_id)
    below = MlflowClient(f"{live_server.url}/r/lab")
    assert below.get_run(run.info.run_id).data.params == {"a": "1"}
    assert [row.info.run_id for row in below.search_runs(["0"])] == [run.info.run_id]


def test_a_reader_reads_and_writes_nothing(
    client: MlflowClient,
    registry: Registry,
    member: Callable[..., User],
    token_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = client.create_run("0").info.run_id
    client.log_text(run_id, "x", "x.txt")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token_of(member(Role.READER, registry)))
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/x.txt") == "x"
    for attempt in (
        lambda: client.log_metric(run_id, "a", 1),
        lambda: client.create_run("0"),
        lambda: client.create_experiment("mine"),
        lambda: client.delete_run(run_id),
    ):
        with pytest.raises(RestException) as caught:
            attempt()
        assert caught.value.error_code == "PERMISSION_DENIED"


def test_name_and_password_work_too(live_server: LiveServer, scientist: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "correct horse battery")
    assert MlflowClient(live_server.url).get_experiment("0").name == "Default"
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
    with pytest.raises(RestException) as caught:
        MlflowClient(live_server.url).get_experiment("0")
    assert caught.value.error_code == "UNAUTHENTICATED"
