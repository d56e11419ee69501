"""What bad requests get: MLflow's form, a 4xx status, and nothing changed."""

import base64

import pytest
from django.test import Client, override_settings

from accounts.models import User
from accounts.operations.registries import create_registry
from lib.errors import HouseError
from protocols.mlflow_rest import errors, routes, urls
from protocols.mlflow_rest.views import service
from tests.protocols.mlflow_rest.conftest import Ask
from tracking.models import Experiment, Run

pytestmark = pytest.mark.django_db


def test_every_house_error_has_a_row() -> None:
    kinds, found = [HouseError], set()
    while kinds:
        kind = kinds.pop()
        found |= set(kind.__subclasses__())
        kinds += kind.__subclasses__()
    assert set(errors.WIRE) == found


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer gate_wrong", "Basic", "Basic %%%", "Basic YWRh", "Digest x", "Bearer \x00"],
)
def test_wrong_credentials_are_refused(ask: Ask, header: str) -> None:
    for path in ("/api/2.0/mlflow/runs/get", "/ajax-api/2.0/mlflow/runs/get", "/r/main/api/2.0/mlflow/runs/get"):
        response = Client().get(path, {"run_id": "x"}, headers={"Authorization": header})
        assert response.status_code == 401
        assert response.json()["error_code"] == "UNAUTHENTICATED"


def test_a_nul_in_a_password_is_no_crash(ask: Ask) -> None:
    credentials = base64.b64encode(b"a\0da:b\0c").decode()
    response = Client().get("/api/2.0/mlflow/runs/get", headers={"Authorization": f"Basic {credentials}"})
    assert response.status_code == 401


def test_the_session_of_a_browser_does_not_count(ask: Ask, scientist: User) -> None:
    browser = Client()
    browser.force_login(scientist)
    response = browser.post("/api/2.0/mlflow/experiments/create", {"name": "forged"}, content_type="application/json")
    assert response.status_code == 401
    assert not Experiment.objects.filter(name="forged").exists()


def test_every_address_asks_who_is_there(ask: Ask) -> None:
    for route in urls._routes:
        path = route.path.replace("(?P<path>[\\s\\S]*)", "0/x").replace("(?P<model_id>[^/]+)", "m-1")
        path = path.replace("(?P<tag_key>[^/]+)", "k")
        for method in (route.method, "OPTIONS", "HEAD", "PATCH"):
            response = ask(method, f"/api/{route.version}/{path}", actor=None)
            assert response.status_code == 401, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "fields", "message"),
    [
        ("POST", "experiments/create", {}, "Missing value for required parameter 'name'"),
        ("POST", "experiments/create", {"name": ""}, "Missing value for required parameter 'name'"),
        ("POST", "experiments/create", {"name": "   "}, "Invalid experiment name"),
        ("POST", "experiments/create", {"name": 5}, "Invalid value 5 for parameter 'name' supplied"),
        ("POST", "experiments/create", {"name": ["a"]}, "Invalid value [\"a\"] for parameter 'name' supplied"),
        ("POST", "experiments/create", {"name": "a\0b"}, "NUL"),
        ("POST", "experiments/create", {"name": "x" * 501}, "maximum length of 500"),
        ("POST", "experiments/create", {"name": "x", "tags": "y"}, "Invalid value \"y\" for parameter 'tags' supplied"),
        ("POST", "experiments/create", {"name": "x", "tags": ["y"]}, "parameter 'tags[0]' supplied"),
        ("POST", "experiments/create", {"name": "x", "tags": [{"value": "y"}]}, "parameter 'tags[0].key'"),
        ("POST", "experiments/create", {"name": "x", "artifact_location": "http:///#/../../etc"}, "Invalid artifact"),
        ("POST", "experiments/create", {"name": "x", "artifact_location": "x;/../../etc"}, "Invalid artifact"),
        ("POST", "experiments/create", {"name": "x", "artifact_location": "file:///etc"}, "Invalid artifact"),
        ("POST", "experiments/create", {"name": "x", "artifact_location": "/etc"}, "Invalid artifact"),
        ("POST", "experiments/create", {"name": "x", "artifact_location": "runs:/1"}, "Invalid artifact"),
        ("POST", "experiments/create", {"name": "x", "artifact_location": "s3://b/../c"}, "Invalid artifact"),
        ("GET", "experiments/get", {"experiment_id": "abc"}, "must be a valid integer"),
        ("GET", "experiments/get", {"experiment_id": "9" * 30}, "must be a valid integer"),
        ("POST", "experiments/search", {}, "Missing value for required parameter 'max_results'"),
        ("POST", "experiments/search", {"max_results": 0}, "between 1 and 50000"),
        ("POST", "experiments/search", {"max_results": 9, "page_token": "nonsense"}, "page token"),
        ("POST", "experiments/search", {"max_results": 9, "filter": "name ="}, "Invalid filter"),
        ("POST", "experiments/search", {"max_results": 9, "filter": "metrics.a > 1"}, "Invalid entity type"),
        ("POST", "experiments/search", {"max_results": 9, "order_by": ["created_by__password"]}, "Invalid attribute"),
        ("POST", "experiments/search", {"max_results": 9, "order_by": ["name", "name DESC"]}, "duplicate"),
        ("POST", "runs/create", {}, "Missing value for required parameter 'experiment_id'"),
        ("POST", "runs/create", {"experiment_id": "0", "start_time": 2**63}, "parameter 'start_time' supplied"),
        ("POST", "runs/create", {"experiment_id": "0", "start_time": 1.5}, "parameter 'start_time' supplied"),
        ("POST", "runs/create", {"experiment_id": "0", "start_time": True}, "parameter 'start_time' supplied"),
        ("POST", "runs/create", {"experiment_id": "0", "run_name": "x" * 251}, "maximum length of 250"),
        ("POST", "runs/create", {"experimentId": "0", "experiment_id": "0"}, "provide only one of them"),
        ("POST", "runs/search", {"experiment_ids": ["0"], "max_results": 50001}, "between 1 and 50000"),
        ("POST", "runs/search", {"experiment_ids": ["0", "x"]}, "must be a valid integer"),
        ("POST", "runs/search", {"experiment_ids": ["0"], "run_view_type": "SOME"}, "parameter 'run_view_type'"),
        ("POST", "runs/search", {"experiment_ids": ["0"], "filter": "start_time > 99999999999999999999"}, "number"),
        ("POST", "runs/search", {"experiment_ids": ["0"], "filter": "metrics.a > 1e999"}, "number"),
        ("POST", "logged-models", {"experiment_id": "0", "name": "a/b"}, "Invalid model name"),
        ("POST", "logged-models/search", {"filter": ""}, "Missing value for required parameter 'experiment_ids'"),
        ("GET", "metrics/get-history", {"run_id": "x"}, "Missing value for required parameter 'metric_key'"),
        ("GET", "metrics/get-history", {"run_id": "x", "metric_key": "a", "max_results": "0"}, "max_results"),
    ],
)
def test_bad_values_are_named(ask: Ask, method: str, path: str, fields: dict[str, object], message: str) -> None:
    response = ask(method, path, **fields)
    assert response.status_code == 400
    assert response.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert message in response.json()["message"]
    assert Experiment.objects.count() == 1
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("runs/log-metric", {"key": "a", "value": "x", "timestamp": 1}, "Invalid value \"x\" for parameter 'value'"),
        ("runs/log-metric", {"key": "a", "value": True, "timestamp": 1}, "Invalid value true for parameter 'value'"),
        ("runs/log-metric", {"key": "a", "value": 1}, "Missing value for required parameter 'timestamp'"),
        ("runs/log-metric", {"key": "a", "value": 1, "timestamp": -1}, "not negative"),
        ("runs/log-metric", {"key": "a" * 251, "value": 1, "timestamp": 1}, "maximum length of 250"),
        ("runs/log-metric", {"key": "a//b", "value": 1, "timestamp": 1}, 'Invalid value "a//b" for parameter'),
        ("runs/log-metric", {"key": "a", "value": 1, "timestamp": 1, "model_id": "m-0"}, "not found"),
        ("runs/log-batch", {"metrics": [{"key": "a", "value": 1}]}, "required parameter 'metrics[0].timestamp'"),
        ("runs/log-batch", {"metrics": {"key": "a"}}, "for parameter 'metrics' supplied"),
        ("runs/log-batch", {"params": [{"key": "a", "value": "1"}] * 2}, "Duplicate parameter keys"),
        ("runs/log-batch", {"params": [{"key": f"a{n}"} for n in range(101)]}, "at most 100 params"),
        ("runs/log-batch", {"tags": [{"key": "ok", "value": "1"}, {"key": "a;b"}]}, "parameter 'tags[1].key'"),
        ("runs/update", {"status": "DONE"}, "Invalid value \"DONE\" for parameter 'status' supplied"),
        ("runs/log-inputs", {"datasets": [{"dataset": {"name": "a"}}]}, "'datasets[0].dataset.digest'"),
        ("runs/outputs", {"models": [{"model_id": "m-0"}]}, "not found"),
    ],
)
def test_a_batch_is_logged_whole_or_not_at_all(ask: Ask, path: str, fields: dict[str, object], message: str) -> None:
    run_id = ask("POST", "runs/create", experiment_id="0").json()["run"]["info"]["run_id"]
    before = ask("GET", "runs/get", run_id=run_id).json()
    response = ask("POST", path, run_id=run_id, **fields)
    assert response.status_code in (400, 404)
    assert message in response.json()["message"]
    assert ask("GET", "runs/get", run_id=run_id).json() == before


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"{not json", "application/json", "not JSON"),
        (b"[1]", "application/json", "not a JSON object"),
        (b'{"name": "x"}', "text/plain", "Content-Type must be application/json"),
        (b'{"name": "x"}', "application/x-pickle", "Content-Type must be application/json"),
        (b"name=x", "application/x-www-form-urlencoded", "Content-Type must be application/json"),
        (b'{"name": "x"}', "<script>alert(1)</script>", "Content-Type must be application/json"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(ask: Ask, body: bytes, content_type: str, message: str) -> None:
    response = ask("POST", "experiments/create", body=body, content_type=content_type)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert message in response.json()["message"]
    assert "<script>" not in response.content.decode()
    assert Experiment.objects.count() == 1


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_beyond_every_bound_is_refused(ask: Ask) -> None:
    response = ask("POST", "experiments/create", name="x" * 200)
    assert response.status_code == 400
    assert "at most 100 bytes" in response.json()["message"]


def test_json_inside_a_json_string_and_camel_case_are_read(ask: Ask) -> None:
    response = ask("POST", "experiments/create", body=b'"{\\"name\\": \\"old\\"}"')
    number = response.json()["experiment_id"]
    assert ask("GET", "experiments/get", experimentId=number).json()["experiment"]["name"] == "old"


def test_numbers_at_the_edge_of_their_types_find_nothing(ask: Ask) -> None:
    ask("POST", "runs/create", experiment_id="0")
    for text in (
        "start_time > 1e300",
        "start_time = 9223372036854775807",
        "metrics.a < -1.7e308",
        "end_time <= -1e300",
    ):
        assert ask("POST", "runs/search", experiment_ids=["0"], filter=text).json() == {}
    response = ask("POST", "experiments/search", max_results=9, filter="creation_time > 99999999999999999")
    assert response.status_code == 400


def test_unknown_addresses_and_missing_groups_are_told_apart(ask: Ask) -> None:
    for path, status, code in (
        ("/api/2.0/mlflow/nothing", 404, "ENDPOINT_NOT_FOUND"),
        ("/ajax-api/2.0/mlflow/experiments/create/", 404, "ENDPOINT_NOT_FOUND"),
        ("/api/9.9/x", 404, "ENDPOINT_NOT_FOUND"),
        ("/api/3.0/mlflow/traces/search", 501, "NOT_IMPLEMENTED"),
        ("/api/3.0/mlflow/scorers/register", 501, "NOT_IMPLEMENTED"),
    ):
        response = ask("POST", path)
        assert (response.status_code, response.json()["error_code"]) == (status, code)
    assert ask("PUT", "runs/create").status_code == 405
    assert ask("GET", "webhooks").json() == {}


def test_an_unexpected_error_tells_the_log_and_not_the_client(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(routes, "actor_of", fail)
    response = ask("GET", "runs/get", run_id="x")
    assert response.status_code == 500
    assert response.json()["error_code"] == "INTERNAL_ERROR"
    assert "secret" not in response.content.decode()
    assert "secret detail" in caplog.text


def test_what_everybody_may_ask(ask: Ask) -> None:
    assert Client().get("/version").content.decode() == service.VERSION
    assert Client().get("/r/main/version").content.decode() == service.VERSION
    for path in ("/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"):
        assert Client().get(path).json()["store_type"] == "SqlStore"


def test_a_wrong_host_is_refused(ask: Ask) -> None:
    assert ask("GET", "experiments/get", experiment_id="0", headers={"Host": "evil.example"}).status_code == 400


def test_a_stranger_and_an_unknown_id_get_the_same_answer(ask: Ask, stranger: User) -> None:
    run_id = ask("POST", "runs/create", experiment_id="0").json()["run"]["info"]["run_id"]
    unseen = ask("GET", "runs/get", run_id=run_id, actor=stranger)
    unknown = ask("GET", "runs/get", run_id="f" * 32, actor=stranger)
    assert unseen.status_code == unknown.status_code == 404
    assert unseen.content.replace(run_id.encode(), b"") == unknown.content.replace(b"f" * 32, b"")
    assert ask("POST", "runs/search", experiment_ids=["0"], actor=stranger).json() == {}
    assert (
        ask("POST", "runs/log-metric", run_id=run_id, key="a", value=1, timestamp=1, actor=stranger).status_code == 404
    )


def test_an_id_of_one_registry_is_nothing_in_another(ask: Ask, system: User, administrator: User) -> None:
    create_registry("lab", actor=system)
    run_id = ask("POST", "runs/create", experiment_id="0").json()["run"]["info"]["run_id"]
    path = f"0/{run_id}/artifacts/x.txt"
    for prefix, headers in (("/r/lab", {}), ("", {"X-MLFLOW-WORKSPACE": "lab"})):
        for url, fields in (
            ("/api/2.0/mlflow/runs/get", {"run_id": run_id}),
            (f"/api/2.0/mlflow-artifacts/artifacts/{path}", {}),
        ):
            response = ask("GET", f"{prefix}{url}", actor=administrator, headers=headers, **fields)
            assert response.status_code == 404
    assert ask("GET", "/r/nowhere/api/2.0/mlflow/runs/get", run_id=run_id).status_code == 404
