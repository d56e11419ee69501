"""Published failures of registries: who gets what by raw requests to every address of the MLflow door.

Artifacts, whose addresses are their paths, have a story of their own.
"""

import re
from typing import Any

import pytest

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from protocols.mlflow_rest import urls
from protocols.mlflow_rest.routes import Route
from registry.models import RegisteredModel
from registry.operations.models import create_model
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.protocols.mlflow_rest.conftest import TWINS, Send, everything

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROUTES = [route for route in urls._routes if "path>" not in route.path]


def address(route: Route, fields: dict[str, Any], prefix: str = "/api") -> str:
    """The address of a route, about ada's things."""
    named = {"model_id": fields["model_id"], "tag_key": "k", "name": "main"}
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: named[found[1]], route.path)
    return f"{prefix}/{route.version}/{path}"


@pytest.mark.parametrize("prefix", TWINS)
def test_nothing_is_said_without_credentials(send: Send, fields: dict[str, Any], prefix: str) -> None:
    before = everything()
    for route in ROUTES:
        for method in {route.method, "HEAD", "OPTIONS", "PATCH", "PUT", "TRACE"}:
            answer = send(method, address(route, fields, prefix), fields=fields)
            assert answer.status in (401, 405), (method, route.path)
            assert b"iris" not in answer.body and b"trees" not in answer.body
    assert everything() == before


@pytest.mark.parametrize("prefix", TWINS)
def test_an_outsider_gets_nothing_at_any_twin(send: Send, fields: dict[str, Any], stranger: User, prefix: str) -> None:
    """Not even whether there is something: what is there and what is not get one answer."""
    before = everything()
    absent = {"run_id": "f" * 32, "model_id": f"m-{'f' * 32}", "experiment_id": "987654", "name": "absent"}
    absent |= {"source": f"runs:/{absent['run_id']}", "experiment_name": "absent", "version": "9", "alias": "absent"}
    unknown = {**fields, **absent, "run_ids": [absent["run_id"]], "experiment_ids": [absent["experiment_id"]]}

    def told(route: Route, named: dict[str, Any]) -> tuple[int, bytes]:
        answer = send(route.method, address(route, named, prefix), who=stranger, fields=named)
        nothing = answer.body in (b"{}", b'{"metrics":[]}')
        assert nothing or answer.status in (400, 403, 404, 501), (route.method, route.path, answer)
        assert answer.headers["content-type"] == "application/json"
        body = answer.body
        for name in sorted(absent, key=lambda name: -len(named[name])):
            body = re.sub(rb"(?<!\w)" + re.escape(named[name].encode()) + rb"(?!\w)", b"...", body)
        return answer.status, body

    for route in ROUTES:
        assert told(route, fields) == told(route, unknown), (route.method, route.path)
    assert everything() == before


@pytest.mark.parametrize("role", [Role.READER, Role.METADATA_READER, Role.REVIEWER])
def test_who_may_only_read_writes_at_no_address(
    send: Send, fields: dict[str, Any], registry: Registry, member: Member, role: Role
) -> None:
    reader = member(role, registry)
    before = everything()
    for prefix in TWINS[:2]:
        for route in ROUTES:
            answer = send(route.method, address(route, fields, prefix), who=reader, fields=fields)
            assert answer.status != 500, (route.path, answer)
            if route.method in ("PATCH", "DELETE", "PUT"):
                assert answer.status in (400, 403, 404, 501), (route.path, answer)
    assert everything() == before


def test_a_trailing_slash_another_method_or_a_header_opens_nothing(
    send: Send, fields: dict[str, Any], maintainer: User
) -> None:
    before = everything()
    for route in ROUTES:
        target = address(route, fields)
        for odd in (
            f"{target}/",
            f"{target}//",
            f"{target}.json",
            f"{target};x",
            target.replace("/mlflow", "//mlflow"),
        ):
            answer = send(route.method, odd, who=maintainer, fields=fields)
            assert answer.status in (400, 404, 405, 501), (odd, answer)
            assert answer.said["error_code"]
        known = {other.method for other in ROUTES if address(other, fields) == target}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - known:
            answer = send(method, target, who=maintainer, fields=fields)
            assert answer.status in (404, 405), (method, target)
            assert "access-control-allow-origin" not in answer.headers
        if route.method == "GET":
            plain = send("GET", target, who=maintainer, fields=fields)
            for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
                asked = send("GET", f"{target}?_method=DELETE", who=maintainer, headers={name: "DELETE"})
                assert asked.status in (plain.status, 400, 404, 501)
            asked = send("HEAD", target, who=maintainer, fields=fields)
            assert (asked.status, asked.body) == (plain.status, b"")
    assert everything() == before


def test_an_id_of_one_registry_is_nothing_in_another(
    send: Send, fields: dict[str, Any], administrator: User, system: User
) -> None:
    create_registry("lab", actor=system)
    before = everything()
    making = ("registered-models/create", "experiments/create", "mlflow/workspaces", "mlflow/webhooks")
    for route in ROUTES:
        if route.path.endswith(making) or "workspaces/" in route.path:
            continue
        for prefix, headers in (("/r/lab/api", {}), ("/api", {"X-MLFLOW-WORKSPACE": "lab"})):
            target = address(route, fields, prefix)
            answer = send(route.method, target, who=administrator, fields=fields, headers=headers)
            if answer.status not in (400, 404, 501):
                named = [
                    name for name in ("trees", "iris", fields["run_id"], fields["model_id"]) if name in str(answer.body)
                ]
                assert answer.status == 200 and not named, (route.path, answer)
    assert everything() == before


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil", "a b"])
def test_a_foreign_host_is_refused_in_the_form_of_mlflow(
    send: Send, fields: dict[str, Any], scientist: User, host: str
) -> None:
    before = everything()
    for prefix in TWINS:
        for method, path in (("GET", "2.0/mlflow/runs/get"), ("POST", "2.0/mlflow/runs/create")):
            answer = send(method, f"{prefix}/{path}", who=scientist, fields=fields, headers={"Host": host})
            assert (answer.status, answer.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    for path in ("/api/3.0/mlflow/server-info", "/version", "/health"):
        assert send("GET", path, headers={"Host": host}).status == 400, path
    assert everything() == before


def test_two_versions_of_one_file_stay_two_versions(
    send: Send, model: RegisteredModel, scientist: User, member: Member
) -> None:
    """Somebody with a model of its own cannot reach into another by naming its version there."""
    register_files(model, {"a.txt": b"1"}, actor=scientist)
    own = RegisteredModel.objects.create(
        registry=model.registry, name="own", folded_name="own", owner=scientist, restricted=True
    )
    keeper = member(Role.MAINTAINER, own)
    for target, said in (
        ("model-versions/set-tag", {"name": "iris", "version": "1", "key": "k", "value": "v"}),
        ("model-versions/transition-stage", {"name": "iris", "version": "1", "stage": "Archived"}),
        ("registered-models/alias", {"name": "iris", "alias": "a", "version": "1"}),
        ("model-versions/create", {"name": "own", "source": "models:/iris/1"}),
        ("registered-models/alias", {"name": "own", "alias": "a", "version": "1"}),
    ):
        assert send("POST", f"/api/2.0/mlflow/{target}", who=keeper, fields=said).status == 404, target
    assert send("GET", "/api/2.0/mlflow/registered-models/get", who=keeper, fields={"name": "own"}).status == 200


def test_one_search_by_many_people_shows_each_its_own(
    send: Send, fields: dict[str, Any], registry: Registry, scientist: User, administrator: User, member: Member
) -> None:
    """The server remembers how to search, never for whom."""
    restricted = create_model(registry, "secret", actor=administrator)
    RegisteredModel.objects.filter(pk=restricted.pk).update(restricted=True)
    guest = member(Role.READER, restricted)
    left = member(Role.READER, registry)
    User.objects.filter(pk=left.pk).update(is_active=False)
    seen = {scientist: ["iris"], administrator: ["iris", "secret"], guest: ["secret"], left: None}
    for _ in range(3):
        for person, names in seen.items():
            for said in ({}, {"filter": "name LIKE '%'"}, {"filter": "name != 'x'", "order_by": "name DESC"}):
                answer = send("GET", "/api/2.0/mlflow/registered-models/search", who=person, fields=said)
                if names is None:
                    assert answer.status == 401
                else:
                    found = [row["name"] for row in answer.said["registered_models"]]
                    assert sorted(found) == names, (person, said)
            answer = send(
                "GET", "/api/2.0/mlflow/model-versions/search", who=person, fields={"filter": "name = 'iris'"}
            )
            assert ("model_versions" in answer.said) is (names is not None and "iris" in names)
