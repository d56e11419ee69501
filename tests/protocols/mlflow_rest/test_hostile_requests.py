"""Published failures of registries: what raw requests to the MLflow door may hold, and what it never does with it."""

import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Registry, User
from registry.models import RegisteredModel
from tests.protocols.mlflow_rest.conftest import TWINS, Send, everything

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

INNER_PLACES = [
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:{port}/x",
    "http://[::1]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://0:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f.1:{port}/x",
    "http://localhost.:{port}/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/x",
    "ftp://127.0.0.1:{port}/x",
    "\\\\127.0.0.1\\share",
]
TRAVERSALS = [
    "file:///etc",
    "file:/etc",
    "/etc",
    "//proc/self/root",
    "./..",
    "../../etc",
    "http:///#/../../etc",
    "x;/../../etc",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts:/%2e%2e/%252e%252e/etc",
    "mlflow-artifacts:/0/x\0/etc",
    "s3://bucket/../../etc",
    "s3://bucket/%252e%252e/etc",
    "runs:/{run}/../../etc",
    "runs:/{run}/model/..%2f..%2fetc",
    "models:/iris/1/../../etc",
    "models:/../1",
    "models:/m-%2e%2e",
    "C:\\Windows",
    "dbfs:\\..\\x",
]


@pytest.mark.parametrize("place", TRAVERSALS)
def test_no_source_leads_to_files_of_the_server(
    send: Send, fields: dict[str, Any], scientist: User, place: str
) -> None:
    before = everything()
    named = place.format(run=fields["run_id"])
    for target, said in (
        ("model-versions/create", {"name": "iris", "source": named}),
        ("model-versions/create", {"name": "iris", "source": named, "run_id": fields["run_id"]}),
        ("experiments/create", {"name": "new", "artifact_location": named}),
    ):
        if target.startswith("experiments") and named.startswith(("runs:", "models:")):
            continue
        for prefix in TWINS[:2]:
            answer = send("POST", f"{prefix}/2.0/mlflow/{target}", who=scientist, fields=said)
            assert answer.status in (400, 404), (target, named, answer)
            assert b"root:" not in answer.body
    assert everything() == before


def test_no_address_is_called(send: Send, fields: dict[str, Any], scientist: User, administrator: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        port = trap.getsockname()[1]
        before = everything()
        for place in (place.format(port=port) for place in INNER_PLACES):
            for method, target, said in (
                ("POST", "2.0/mlflow/model-versions/create", {"name": "iris", "source": place}),
                ("POST", "2.0/mlflow/experiments/create", {"name": "new", "artifact_location": place}),
                ("POST", "2.0/mlflow/webhooks", {"name": "hook", "url": place, "events": []}),
                ("POST", "3.0/mlflow/workspaces", {"name": "new", "default_artifact_root": place}),
                ("PATCH", "3.0/mlflow/workspaces/main", {"description": "x", "default_artifact_root": place}),
                ("GET", "2.0/mlflow/gateway-proxy", {"gateway_path": place}),
            ):
                who = administrator if "workspaces" in target else scientist
                answer = send(method, f"/api/{target}", who=who, fields=said)
                assert answer.status in (400, 404, 501), (target, place, answer)
        trap.settimeout(0.2)
        with pytest.raises(TimeoutError):
            trap.accept()
        assert everything() == before


class Trick:
    """Writes a file where it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-pickle",
        "application/vnd.bentoml+pickle",
        "application/python-pickle",
        "application/x-yaml",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "<script>alert(1)</script>",
        "",
    ],
)
def test_no_kind_of_body_is_anything_but_json(
    send: Send, registry: Registry, scientist: User, tmp_path: Path, kind: str
) -> None:
    marker = tmp_path / "it-ran"
    for body in (pickle.dumps(Trick(marker)), b"!!python/object/apply:os.system ['touch x']", b'{"name": "iris"}'):
        answer = send(
            "POST",
            "/api/2.0/mlflow/registered-models/create",
            who=scientist,
            body=body,
            headers={"Content-Type": kind},
        )
        assert (answer.status, answer.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert answer.headers["content-type"] == "application/json"
        assert b"<script>" not in answer.body
    assert not marker.exists() and not RegisteredModel.objects.exists()


def test_nothing_comes_back_as_a_page(send: Send, fields: dict[str, Any], scientist: User) -> None:
    script = "<script>alert(1)</script>"
    for prefix in TWINS:
        for method, path, said in (
            ("GET", f"2.0/mlflow/{script}", {}),
            ("GET", "2.0/mlflow/runs/get", {"run_id": script}),
            ("GET", "2.0/mlflow/registered-models/get", {"name": script}),
            ("GET", "2.0/mlflow/registered-models/search", {"filter": script}),
            ("GET", "2.0/mlflow/model-versions/get", {"name": "iris", "version": script}),
            ("POST", "2.0/mlflow/registered-models/create", {"name": script, script: script}),
            ("GET", f"3.0/mlflow/workspaces/{script}", {}),
        ):
            target = f"{prefix}/{path}".replace("<", "%3C").replace(">", "%3E")
            answer = send(method, target, who=scientist, fields=said, headers={"Accept": "text/html"})
            assert answer.status in (400, 404), (path, answer)
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_names_that_look_alike_are_one_name(send: Send, fields: dict[str, Any], scientist: User) -> None:
    for name in (
        *("iris", "IRIS", "Iris", "iris ", " iris", "iris\u00a0", "iris\u200b", "i\u00adris", "\ufeffiris"),
        *("ｉｒｉｓ", "𝐢𝐫𝐢𝐬", "iris.", ".iris", "iris%20", "iris%2e", "ir\u2060is", "iris\u3164", "iri\u017f"),
    ):
        for target, said in (
            ("registered-models/create", {"name": name}),
            ("registered-models/rename", {"name": "other", "new_name": name}),
        ):
            answer = send("POST", f"/api/2.0/mlflow/{target}", who=scientist, fields=said)
            assert answer.status in (400, 404), (target, name, answer)
    assert [model.name for model in RegisteredModel.objects.all()] == ["iris"]


def test_filters_and_orders_reach_no_other_column(send: Send, fields: dict[str, Any], scientist: User) -> None:
    searches = ["registered-models/search", "model-versions/search"]
    orders = ["owner__password", "uploader__password", "model__owner__password", "?", "-name", "name; DROP TABLE x"]
    filters = [
        "owner__password LIKE 'm%'",
        "attributes.uploader__password LIKE 'm%'",
        "name__startswith = 'i'",
        "registry = 'main'",
        "tags.`a\0b` = 'x'",
        "tags.`a` = 'x\0'",
        "name = 'x' UNION SELECT password FROM accounts_user",
        "name = 'x'; DROP TABLE registry_registeredmodel",
        "name LIKE '%' OR 1 = 1",
        "(name = 'x')",
    ]
    for search in searches:
        for said in [{"order_by": order} for order in orders] + [{"filter": text} for text in filters]:
            answer = send("GET", f"/api/2.0/mlflow/{search}", who=scientist, fields=said)
            assert answer.status == 400, (search, said, answer)
            assert answer.said["error_code"] == "INVALID_PARAMETER_VALUE"
        plain = send("GET", f"/api/2.0/mlflow/{search}", who=scientist)
        # A field that the protocol does not know changes nothing, as on MLflow's own servers.
        for name in ("owner__password__startswith", "ordering", "registry_id", "name", "x.y", "__class__"):
            assert send("GET", f"/api/2.0/mlflow/{search}", who=scientist, fields={name: "zzz"}).body == plain.body
        odd_key = send(
            "GET", f"/api/2.0/mlflow/{search}", who=scientist, fields={"filter": "tags.`a') OR 1=1 --` = 'x'"}
        )
        assert (odd_key.status, odd_key.body) == (200, b"{}")


def test_no_name_or_batch_is_too_much_for_the_server(send: Send, fields: dict[str, Any], scientist: User) -> None:
    long = "x" * 1_000_000
    many = [{"key": f"k{number}", "value": "v"} for number in range(10_000)]
    before = everything()
    for target, said in (
        ("registered-models/create", {"name": long}),
        ("registered-models/create", {"name": "new", "description": long}),
        ("registered-models/create", {"name": "new", "tags": many}),
        ("registered-models/create", {"name": "new", "tags": [{"key": long, "value": "v"}]}),
        ("registered-models/set-tag", {"name": "iris", "key": "k", "value": long}),
        ("registered-models/set-tag", {"name": "iris", "key": long, "value": "v"}),
        ("registered-models/alias", {"name": "iris", "alias": long, "version": "1"}),
        ("registered-models/alias", {"name": "iris", "alias": "a", "version": "9" * 10_000}),
        ("model-versions/create", {"name": "iris", "source": f"s3://{long}"}),
        ("model-versions/create", {"name": "iris", "source": "s3://b/x", "tags": many}),
        ("model-versions/create", {"name": "iris", "source": "s3://b/x", "description": long}),
        ("model-versions/create", {"name": "iris", "source": "s3://b/x", "run_link": long}),
        ("model-versions/set-tag", {"name": "iris", "version": "1", "key": "k", "value": long}),
        ("experiments/create", {"name": long}),
        ("experiments/create", {"name": "new", "tags": many}),
        ("runs/create", {"experiment_id": fields["experiment_id"], "tags": many}),
        ("runs/log-batch", {"run_id": fields["run_id"], "params": many}),
        ("runs/log-batch", {"run_id": fields["run_id"], "metrics": many}),
    ):
        answer = send("POST", f"/api/2.0/mlflow/{target}", who=scientist, fields=said)
        assert answer.status in (400, 413), (target, [*said], answer.status)
        assert len(answer.body) < 5_000
    for target, said in (
        ("registered-models/search", {"max_results": 10**9}),
        ("model-versions/search", {"max_results": 10**9}),
        ("registered-models/search", {"max_results": 10**30}),
        ("registered-models/search", {"filter": " AND ".join(["name = 'x'"] * 5_000)}),
        ("model-versions/search", {"order_by": ["name"] * 5_000}),
    ):
        answer = send("GET", f"/api/2.0/mlflow/{target}", who=scientist, fields=said)
        assert answer.status in (400, 414), (target, answer)
    deep = b'{"name": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    dashes = b"--x\r\n" + b"-" * 10_000_000
    for body, kind in ((deep, "application/json"), (dashes, "multipart/form-data; boundary=x")):
        answer = send(
            "POST",
            "/api/2.0/mlflow/registered-models/create",
            who=scientist,
            body=body,
            headers={"Content-Type": kind},
        )
        assert answer.status in (400, 413)
    assert everything() == before
