"""Whoever may not gets nothing at any door and by any spelling of a request: published failures 23 to 28."""

import json
from typing import Any

import pytest
from django.urls import get_resolver

from tests.architecture.test_public_addresses import PUBLIC, addresses
from tests.protocols.mlflow_rest.hostile_place import API, PROXY, Answer
from tests.security.conftest import Server

VERSION_PAGES = ["", "/files", "/files/kept.txt", "/scan", "/activity"]
VERSION_PARTS = ["", "/files", "/files/kept.txt", "/scan", "/blockers?stage=Production"]
MODEL_PARTS = ["", "/activity", "/history", "/aliases", "/grants", "/versions", "/access"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def is_turned_away(answer: Answer) -> bool:
    to = answer.headers.get("location", "")
    is_asked = answer.status == 302 and to.startswith(("/sign-in", "/admin/login"))
    return is_asked or answer.status in (400, 401, 403, 404, 405)


@pytest.mark.parametrize("method", METHODS)
def test_no_address_answers_without_credentials(server: Server, method: str) -> None:
    """23, on the running server; `tests/architecture/test_public_addresses.py` says what is public."""
    found = sorted({*addresses(get_resolver().url_patterns)} - PUBLIC)
    assert len(found) > 200
    headers = {"Content-Type": "application/json", "X-Remote-User": "boss", "X-Forwarded-User": "boss"}
    answers = {address: server.ask(method, address, body=b"", headers=headers) for address in found}
    assert {address: answer.status for address, answer in answers.items() if not is_turned_away(answer)} == {}


@pytest.mark.parametrize("who", ["stranger", "neighbour"])
def test_no_twin_of_an_address_lets_an_outsider_in(server: Server, who: str) -> None:
    """24: spellings, methods and headers that some layer might read otherwise than the one that asks for rights."""
    token, cookies = server.tokens[who], server.cookies(who)
    for address in (
        "/models/main/iris",
        "/models/main/iris/versions/1/files/kept.txt",
        "/registries/main",
        "/api/v1/registries/main",
        "/api/v1/registries/main/models/iris",
        "/api/v1/registries/main/models/iris/versions/1/files/kept.txt",
        "/admin/registry/registeredmodel/1/change/",
        "/admin/accounts/user/",
        f"{PROXY}/{server.root}/model/kept.txt",
        f"/ajax-api/2.0/mlflow/artifacts/list?run_id={server.run_id}",
        f"/r/main/api/2.0/mlflow/runs/get?run_id={server.run_id}",
    ):
        plain, _, query = address.partition("?")
        upper = plain.replace("/main/", "/MAIN/")
        for spelling in (
            plain,
            f"{plain}/",
            f"{plain}//",
            f"/{plain}",
            f"{plain}%20",
            f"{plain};x",
            f"{plain}.json",
            upper,
        ):
            for method in ("GET", "HEAD", "POST", "OPTIONS", "PROPFIND"):
                for header in OVERRIDES:
                    answer = server.ask(
                        method,
                        f"{spelling}?{query}&_method=GET&format=json",
                        token=token,
                        cookies=cookies,
                        headers={header: "GET", "Origin": server.origin},
                    )
                    assert is_turned_away(answer) or answer.status == 301, (method, spelling, header, answer)
                    assert b"kept" not in answer.body.replace(b"kept.txt", b"") and b"weights" not in answer.body


@pytest.mark.parametrize("who", ["stranger", "neighbour"])
def test_nothing_of_a_version_is_shown_without_a_role(server: Server, who: str) -> None:
    """25: at pages and the native API; the MLflow door has a story of its own."""
    for part in VERSION_PAGES:
        assert server.page(who, f"/models/main/iris/versions/1{part}").status == 404, part
    for part in VERSION_PARTS:
        assert server.api(who, "GET", f"registries/main/models/iris/versions/1{part}").status == 404, part
    for part in MODEL_PARTS:
        assert server.api(who, "GET", f"registries/main/models/iris{part}").status == 404, part
    for path in (f"/runs/{server.run_id}", "/models/main/iris/activity", "/models/main/iris/access"):
        assert server.page(who, path).status == 404, path
    assert server.page("onlooker", "/models/main/iris/versions/1/files/kept.txt").status == 403
    assert server.api("onlooker", "GET", "registries/main/models/iris/versions/1/files/kept.txt").status == 403
    assert server.page("reader", "/models/main/iris/versions/1/files/kept.txt").body == b"kept"


def test_who_may_edit_may_not_overwrite_what_is_anothers_or_delete(server: Server) -> None:
    """26: a contributor's colleague has the same role, and changes none of the contributor's bytes."""
    run, file = f"run_id={server.run_id}", f"{PROXY}/{server.root}/model/kept.txt"
    colleague = server.tokens["colleague"]
    for method in ("PUT", "DELETE"):
        assert server.ask(method, file, token=colleague, body=b"evil").status == 403
    for path in ("model-versions/delete", "registered-models/delete"):
        body = json.dumps({"name": "iris", "version": "1"}).encode()
        headers = {"Content-Type": "application/json"}
        for who in ("ada", "colleague"):
            assert (
                server.ask("DELETE", f"{API}/{path}", token=server.tokens[who], body=body, headers=headers).status
                == 403
            )
    for who in ("ada", "colleague", "reader"):
        assert server.api(who, "DELETE", "registries/main/models/iris").status == 403
        assert server.api(who, "DELETE", "registries/main/models/iris/versions/1").status == 403
    for address, said in (("runs/delete", {}), ("runs/set-tag", {"key": "k", "value": "v"}), ("runs/update", {})):
        assert server.call(address, who="colleague", run_id=server.run_id, **said).status == 403, address
    assert server.send("GET", f"/get-artifact?{run}&path=model/kept.txt").body == b"kept"


def test_an_id_counts_only_in_the_registry_that_it_belongs_to(server: Server) -> None:
    """27: asked by an administrator, who may do everything, so that only the address can be wrong."""
    server.api("ada", "POST", "registries/main/models/iris/versions/1/moves", {"alias": "best"})
    ids = json.loads(
        server.shell(
            "import json\nfrom accounts.models import *\nfrom registry.models import *\nfrom tracking.models import *\n"
            "print(json.dumps({'place': Protection.objects.first().pk, 'experiment': Experiment.objects.create("
            "registry=Registry.objects.get(name='main'), name='second', created_by=User.objects.first()).pk}))"
        )
    )
    server.cookies("boss")
    before = server.shell(COUNTS)
    for method, path, said in (
        ("GET", "registries/other/models/iris", None),
        ("GET", "registries/other/models/iris/versions/1", None),
        ("PATCH", "registries/other/models/iris", {"description": "x"}),
        ("DELETE", "registries/other/models/iris/versions/1", None),
        ("PUT", "registries/other/models/iris/tags/k", {"value": "v"}),
        ("DELETE", "registries/other/models/iris/aliases/best", None),
        ("PUT", "registries/other/models/iris/aliases/new", {"version": 1}),
        ("POST", "registries/other/models/iris/versions/1/moves", {"stage": "Staging"}),
        ("PUT", "registries/other/models/iris/grants/teams/gardeners", {"role": "reader"}),
        ("GET", f"registries/other/experiments/{ids['experiment']}/access", None),
        ("PUT", f"registries/other/experiments/{ids['experiment']}/grants/teams/gardeners", {"role": "reader"}),
        ("DELETE", "registries/other/protections/aliases/guarded", None),
        ("DELETE", "registries/other/workloads/1", None),
    ):
        assert server.api("boss", method, path, said).status == 404, (method, path)
    for path in (f"/registries/other/protections/{ids['place']}/release", "/models/other/iris/restrict"):
        assert server.post_form("boss", path, restricted="yes").status == 404, path
    assert server.shell(COUNTS) == before


@pytest.mark.parametrize("who", ["reader", "onlooker", "stranger", "neighbour"])
def test_no_part_of_a_thing_is_written_without_the_right_to_the_thing(server: Server, who: str) -> None:
    """28."""
    refused = 403 if who in ("reader", "onlooker") else 404
    before = server.shell(COUNTS)
    version = "registries/main/models/iris/versions/1"
    for method, path, said in (
        ("PUT", "registries/main/models/iris/tags/k", {"value": "v"}),
        ("DELETE", "registries/main/models/iris/tags/k", None),
        ("PUT", "registries/main/models/iris/aliases/best", {"version": 1}),
        ("DELETE", "registries/main/models/iris/aliases/best", None),
        ("PUT", f"{version}/tags/k", {"value": "v"}),
        ("DELETE", f"{version}/tags/k", None),
        ("POST", f"{version}/scan", None),
        ("POST", f"{version}/moves", {"stage": "Staging"}),
        ("PUT", "registries/main/models/iris/grants/accounts/stranger", {"role": "reader"}),
        ("PUT", "registries/main/grants/accounts/stranger", {"role": "maintainer"}),
        ("POST", "registries/main/policies", {"stage": "Staging"}),
        ("PUT", "registries/main/protections/aliases/best", {"roles": ["reader"], "teams": []}),
        ("DELETE", "registries/main/protections/aliases/guarded", None),
        ("POST", "reviews", {"version": {"registry": "main", "name": "iris", "version": 1}, "alias": "champion"}),
    ):
        assert server.api(who, method, path, said).status == refused, (method, path)
    experiment: dict[str, Any] = {"experiment_id": "0"}
    for address, fields in (
        ("runs/log-inputs", {"run_id": server.run_id, "models": []}),
        ("runs/outputs", {"run_id": server.run_id, "models": []}),
        ("runs/log-batch", {"run_id": server.run_id, "params": [{"key": "k", "value": "v"}]}),
        ("runs/create", experiment),
        ("logged-models", experiment),
        (f"logged-models/{server.model_id}/params", {"params": [{"key": "k", "value": "v"}]}),
        ("experiments/set-experiment-tag", {**experiment, "key": "k", "value": "v"}),
    ):
        assert server.call(address, who=who, **fields).status == refused, address
    assert server.shell(COUNTS) == before


# Without what the background writes by itself meanwhile.
COUNTS = """
from django.apps import apps
kept = ("sessions.session", "accounts.apitoken", "scanning.enginerelease")
print([(m._meta.label, m._base_manager.count()) for m in apps.get_models() if m._meta.label_lower not in kept])
"""
