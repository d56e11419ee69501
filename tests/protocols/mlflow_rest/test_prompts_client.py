"""The real MLflow client keeps prompts, and meets the parts of MLflow that Gatehouse does not have."""

import http.client
import re
import threading
from collections.abc import Callable, Iterator

import mlflow
import orjson
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.genai.scorers import list_scorers
from mlflow.server.handlers import get_endpoints
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Register, refused_with

pytestmark = WITH_REAL_CLIENT


@pytest.fixture(autouse=True)
def _nothing_runs_on(client: MlflowClient) -> object:
    """The client notes the experiment of a prompt in a thread of its own; the next test is not to meet it."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("link_prompt"):
            thread.join(10)


def test_a_prompt_is_registered_found_loaded_and_changed(client: MlflowClient, register: Register) -> None:
    register("iris")
    genai = mlflow.genai
    first = genai.register_prompt("greeting", "Hello {{name}}!", commit_message="First", tags={"tone": "kind"})
    assert (first.name, first.version, first.template) == ("greeting", 1, "Hello {{name}}!")
    genai.register_prompt(
        "greeting",
        [{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "{{question}}"}],
        response_format={"type": "object", "properties": {"answer": {"type": "string"}}},
        model_config={"model_name": "small", "temperature": 0.5},
    )
    genai.register_prompt("letter.2", "{{x}}")
    genai.set_prompt_alias("greeting", "best", 1)
    for address in ("greeting", "prompts:/greeting@latest"):
        newest = genai.load_prompt(address, cache_ttl_seconds=0)
        assert (newest.version, newest.variables) == (2, {"tone", "question"})
        assert newest.response_format["properties"] == {"answer": {"type": "string"}}
        assert newest.model_config["model_name"] == "small"
    for address in ("prompts:/greeting/1", "prompts:/greeting@best"):
        found = genai.load_prompt(address, cache_ttl_seconds=0)
        assert found.format(name="Ada") == "Hello Ada!"
        assert (found.commit_message, found.tags["tone"], found.aliases) == ("First", "kind", ["best"])
    assert [row.name for row in genai.search_prompts()] == ["greeting", "letter.2"]
    assert [row.name for row in genai.search_prompts("name LIKE 'gre%'")] == ["greeting"]
    assert [row.name for row in client.search_prompts(max_results=1)] == ["greeting"]
    versions = client.search_prompt_versions("greeting")
    assert [row.version for row in versions] == [2, 1]
    # Models and prompts share their names, and each stays out of the lists of the others.
    assert [row.name for row in client.search_registered_models()] == ["iris"]
    assert [row.name for row in client.search_model_versions()] == ["iris"]
    with pytest.raises(MlflowException, match="exists with the same name"):
        genai.register_prompt("iris", "x")
    with pytest.raises(MlflowException, match="not found"):
        client.copy_model_version("models:/greeting/1", "copy")


def test_tags_and_aliases_of_prompts_come_and_go(client: MlflowClient) -> None:
    genai = mlflow.genai
    genai.register_prompt("greeting", "Hello")
    genai.set_prompt_tag("greeting", "team", "letters")
    assert genai.get_prompt_tags("greeting")["team"] == "letters"
    genai.delete_prompt_tag("greeting", "team")
    assert "team" not in genai.get_prompt_tags("greeting")
    genai.set_prompt_version_tag("greeting", 1, "checked", "yes")
    assert genai.load_prompt("prompts:/greeting/1", cache_ttl_seconds=0).tags["checked"] == "yes"
    genai.delete_prompt_version_tag("greeting", 1, "checked")
    genai.set_prompt_model_config("greeting", 1, {"model_name": "large"})
    assert genai.load_prompt("prompts:/greeting/1", cache_ttl_seconds=0).model_config["model_name"] == "large"
    genai.set_prompt_alias("greeting", "best", 1)
    genai.delete_prompt_alias("greeting", "best")
    with pytest.raises(MlflowException):
        genai.load_prompt("prompts:/greeting@best", cache_ttl_seconds=0)
    # A governed alias is governed for prompts too.
    with refused_with("PERMISSION_DENIED", "@champion is governed by a policy"):
        genai.set_prompt_alias("greeting", "champion", 1)
    for missing in ("prompts:/greeting/2", "prompts:/nothing/1"):
        with pytest.raises(MlflowException, match="not found"):
            genai.load_prompt(missing, cache_ttl_seconds=0)
        assert genai.load_prompt(missing, allow_missing=True, cache_ttl_seconds=0) is None


def test_a_prompt_used_in_a_run_is_noted_there(client: MlflowClient) -> None:
    mlflow.genai.register_prompt("greeting", "Hello")
    with mlflow.start_run() as run:
        mlflow.genai.load_prompt("prompts:/greeting/1", cache_ttl_seconds=0)
        mlflow.log_metric("loss", 1)
    noted = client.get_run(run.info.run_id).data.tags.get("mlflow.linkedPrompts", "[]")
    assert orjson.loads(noted) == [{"name": "greeting", "version": "1"}]


def test_tracing_does_not_get_in_the_way_of_a_run(client: MlflowClient) -> None:
    @mlflow.trace
    def double(number: int) -> int:
        with mlflow.start_span("inside"):
            return number * 2

    with mlflow.start_run() as run:
        assert double(21) == 42
        mlflow.log_metric("answer", 42)
    mlflow.flush_trace_async_logging()
    found = client.get_run(run.info.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"answer": 42})


def test_what_gatehouse_does_not_have_says_so(client: MlflowClient) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: mlflow.search_traces(locations=["0"]),
        lambda: client.search_traces(locations=["0"]),
        lambda: client.delete_traces("0", max_timestamp_millis=1),
        lambda: client.set_trace_tag("tr-1", "a", "b"),
        lambda: list_scorers(experiment_id="0"),
        lambda: mlflow.genai.datasets.search_datasets(experiment_ids=["0"]),
        lambda: mlflow.genai.datasets.create_dataset("questions", experiment_id="0"),
    ]
    for attempt in attempts:
        with refused_with("NOT_IMPLEMENTED", "Gatehouse does not implement"):
            attempt()


def addresses() -> Iterator[tuple[str, str]]:
    """Every method and address that MLflow's own server of this version has below /api and /ajax-api."""
    for path, _, methods in get_endpoints():  # type: ignore[no-untyped-call] # of MLflow
        if re.match(r"/(ajax-)?api/\d[.]\d/", path):
            yield from ((method, re.sub(r"<[^>]+>", "x", path)) for method in methods)


def test_every_address_of_mlflow_is_known_here(
    live_server: LiveServer, scientist: User, token_of: Callable[..., str]
) -> None:
    headers = {"Authorization": f"Bearer {token_of(scientist)}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(live_server.url.removeprefix("http://"), timeout=10)
    absent, unknown = set(), []
    for method, path in sorted({*addresses(), ("GET", "/ajax-api/2.0/mlflow/gateway-proxy")}):
        connection.request(method, path, body=b"{}", headers=headers)
        answer = connection.getresponse()
        said = orjson.loads(answer.read())
        if said.get("error_code") in ("ENDPOINT_NOT_FOUND", "INTERNAL_ERROR"):
            unknown.append((method, path, said["message"]))
        assert answer.headers["Content-Type"] == "application/json"
        if said.get("error_code") == "NOT_IMPLEMENTED":
            assert answer.status == 501
            absent.add(path.split("/")[4])
    connection.close()
    assert unknown == []
    assert absent == {
        "artifacts",
        "datasets",
        "demo",
        "gateway",
        "gateway-proxy",
        "genai",
        "get-online-trace-details",
        "issues",
        "jobs",
        "label-schemas",
        "prompt-optimization",
        "review-queues",
        "scorer",
        "scorers",
        "traces",
        "unified-traces",
        "webhooks",
    }
