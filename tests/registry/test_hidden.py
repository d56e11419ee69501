"""What is restricted is not there for those without a role on it: no name, no count, no other answer tells of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from django.test import Client

from accounts.models import Registry, User
from accounts.rights import Role
from approvals.operations.reviews import request_review
from approvals.queries import reviews_for, waiting_for
from approvals.subjects import too_close
from blobs.operations.folders import put_file
from blobs.operations.uploads import store_bytes
from events.models import Event
from lib.errors import AlreadyExists, Forbidden, NotFound
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, rename_model, restrict_model
from registry.operations.versions import Origin, create_version
from registry.queries import activity_of, find_model, lineage_of, models_for, versions_for
from scanning.queries import needing_attention
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking.models import Experiment, LoggedModel, Run
from tracking.operations.experiments import create_experiment, restrict_experiment
from tracking.operations.logged_models import finish_logged_model
from tracking.operations.measurements import log_batch
from tracking.queries import experiments_for, runs_for

pytestmark = pytest.mark.django_db
SECRET = "secret-merger"


@dataclass
class Hidden:
    """A restricted model and a restricted experiment, and what was made from them in the open."""

    model: RegisteredModel
    version: ModelVersion
    experiment: Experiment
    run: Run
    trained: ModelVersion
    copied: ModelVersion


@pytest.fixture
def hidden(registry: Registry, model: RegisteredModel, maintainer: User) -> Hidden:
    """All of it the maintainer's."""
    secret = create_model(registry, SECRET, restricted=True, actor=maintainer)
    version = register_files(secret, {"w": b"1"}, actor=maintainer)
    experiment = restrict_experiment(new_experiment(registry, actor=maintainer), True, actor=maintainer)
    run = new_run(experiment, actor=maintainer)
    put_file(run.folder, "w", store_bytes([b"2"], length=1, actor=maintainer), actor=maintainer)
    return Hidden(
        secret,
        version,
        experiment,
        run,
        trained=create_version(model, Origin(source=f"runs:/{run.run_id}/m", run=run, path=""), actor=maintainer),
        copied=create_version(
            model, Origin(source=f"models:/{SECRET}/{version.number}", copied_from=version), actor=maintainer
        ),
    )


@pytest.fixture
def ask(scientist: User, token_of: Callable[..., str]) -> Callable[..., Any]:
    """Sends a request as a contributor to the registry, who has no role on what is hidden."""
    client, secret = Client(), token_of(scientist)

    def send(path: str, method: str = "GET", **fields: Any) -> Any:
        headers = {"Authorization": f"Bearer {secret}"}
        if method == "GET":
            return client.get(path, fields, headers=headers)
        return client.generic(method, path, orjson.dumps(fields), "application/json", headers=headers)

    return send


def mlflow(path: str) -> str:
    return f"/api/2.0/mlflow/{path}"


def test_restricting_needs_who_manages_and_leaves_them_a_way_in(
    model: RegisteredModel, maintainer: User, scientist: User, administrator: User
) -> None:
    with pytest.raises(Forbidden):
        restrict_model(model, True, actor=scientist)
    restricted = restrict_model(model, True, actor=maintainer)
    assert restricted.restricted
    assert find_model(model.registry, model.name, actor=maintainer) == model
    with pytest.raises(NotFound):
        find_model(model.registry, model.name, actor=scientist)
    assert list(Event.objects.order_by("-pk").values_list("kind", "actor_name")[:2]) == [
        ("model.changed", "mary"),
        ("role.granted", "mary"),
    ]
    lines = Event.objects.count()
    restrict_model(model, True, actor=maintainer)
    assert Event.objects.count() == lines
    restrict_model(model, False, actor=administrator)
    assert find_model(model.registry, model.name, actor=scientist) == model


def test_an_administrator_who_restricts_gets_no_role(model: RegisteredModel, administrator: User) -> None:
    restrict_model(model, True, actor=administrator)
    assert not model.grants.exists()


def test_only_who_manages_the_registry_creates_a_hidden_model(registry: Registry, scientist: User) -> None:
    with pytest.raises(Forbidden, match="manage"):
        create_model(registry, SECRET, restricted=True, actor=scientist)
    assert not RegisteredModel.objects.filter(name=SECRET).exists()


def test_queries_leave_out_what_is_hidden(
    hidden: Hidden, registry: Registry, model: RegisteredModel, scientist: User, reviewer: User, maintainer: User
) -> None:
    review = request_review(hidden.version, alias="champion", actor=maintainer)
    for person in (scientist, reviewer):
        assert list(models_for(person)) == [model]
        assert set(versions_for(person)) == {hidden.trained, hidden.copied}
        assert hidden.experiment not in experiments_for(person)
        assert hidden.run not in runs_for(person)
        assert review not in reviews_for(person)
        assert review not in waiting_for(person)
        assert hidden.version not in needing_attention(person)
    assert review in reviews_for(maintainer)


def test_lineage_stops_where_it_is_hidden(
    hidden: Hidden, scientist: User, maintainer: User, ask: Callable[..., Any]
) -> None:
    assert lineage_of(hidden.trained, actor=scientist).run is None
    assert lineage_of(hidden.copied, actor=scientist).copied_from is None
    assert lineage_of(hidden.trained, actor=maintainer).run == hidden.run
    words = (SECRET, hidden.run.run_id)
    for version in (hidden.trained, hidden.copied):
        answers = [
            ask(f"/api/v1/registries/main/models/iris/versions/{version.number}"),
            ask(mlflow("model-versions/get"), name="iris", version=str(version.number)),
            ask(mlflow("model-versions/search"), filter="name = 'iris'"),
            ask(mlflow("registered-models/get"), name="iris"),
            ask(mlflow("registered-models/search")),
            ask(mlflow("registered-models/get-latest-versions"), name="iris"),
            ask("/api/v1/registries/main/models/iris/activity"),
        ]
        for answer in answers:
            assert answer.status_code == 200, answer.content
            told = answer.content.decode()
            assert [word for word in words if word in told] == [], told


def test_lineage_is_told_to_those_who_see_it(
    hidden: Hidden, maintainer: User, token_of: Callable[..., str], client: Client
) -> None:
    headers = {"Authorization": f"Bearer {token_of(maintainer)}"}
    fields = {"name": "iris", "version": str(hidden.trained.number)}
    told = client.get(mlflow("model-versions/get"), fields, headers=headers).json()["model_version"]
    assert (told["run_id"], told["source"]) == (hidden.run.run_id, f"runs:/{hidden.run.run_id}/m")
    fields["version"] = str(hidden.copied.number)
    told = client.get(mlflow("model-versions/get"), fields, headers=headers).json()["model_version"]
    assert told["source"] == f"models:/{SECRET}/1"
    shown = client.get(f"/api/v1/registries/main/models/iris/versions/{hidden.trained.number}", headers=headers).json()
    assert shown["source"] == f"runs:/{hidden.run.run_id}/m"
    lines = client.get("/api/v1/registries/main/models/iris/activity", headers=headers).json()["results"]
    assert hidden.run.run_id in [line["details"].get("run") for line in lines]


def test_who_got_a_role_is_told_to_those_who_audit(
    model: RegisteredModel, maintainer: User, ask: Callable[..., Any], member: Member
) -> None:
    member(Role.READER, model)
    path = "/api/v1/registries/main/models/iris/activity"
    assert "role.granted" not in [line["kind"] for line in ask(path).json()["results"]]
    assert "role.granted" in activity_of(model, actor=maintainer).values_list("kind", flat=True)


def test_searching_by_a_hidden_run_finds_nothing(hidden: Hidden, ask: Callable[..., Any]) -> None:
    for search in (
        f"run_id = '{hidden.run.run_id}'",
        f"run_id = '{'f' * 32}'",
        "source_path LIKE 'models:/secret%'",
        f"source_path LIKE 'runs:/{hidden.run.run_id[:3]}%'",
    ):
        answer = ask(mlflow("model-versions/search"), filter=search)
        assert (answer.status_code, answer.json()) == (200, {}), search


def test_what_is_hidden_answers_as_what_is_not_there(hidden: Hidden, ask: Callable[..., Any]) -> None:
    number = hidden.experiment.pk
    pairs: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/v1/registries/main/models/{name}", {}),
        ("GET", "/api/v1/registries/main/models/{name}/versions", {}),
        ("GET", "/api/v1/registries/main/models/{name}/versions/1", {}),
        ("GET", "/api/v1/registries/main/models/{name}/grants", {}),
        ("PATCH", "/api/v1/registries/main/models/{name}", {"restricted": False}),
        ("DELETE", "/api/v1/registries/main/models/{name}", {}),
        ("POST", "/api/v1/registries/main/models/{name}/versions/1/moves", {"alias": "blue"}),
        ("GET", mlflow("registered-models/get"), {"name": "{name}"}),
        ("GET", mlflow("model-versions/get"), {"name": "{name}", "version": "1"}),
        ("GET", mlflow("registered-models/alias"), {"name": "{name}", "alias": "blue"}),
        ("POST", mlflow("registered-models/alias"), {"name": "{name}", "alias": "blue", "version": "1"}),
        ("DELETE", mlflow("registered-models/delete"), {"name": "{name}"}),
        ("GET", mlflow("experiments/get"), {"experiment_id": "{number}"}),
        ("GET", "/api/v1/experiments/{number}", {}),
        ("POST", mlflow("runs/create"), {"experiment_id": "{number}"}),
        ("GET", mlflow("runs/get"), {"run_id": "{run}"}),
    ]
    for method, path, fields in pairs:
        told = []
        for name, pk, run in ((SECRET, number, hidden.run.run_id), ("no-such-model", number + 9_999, "f" * 32)):
            names = {"name": name, "number": pk, "run": run}
            filled = {key: value.format(**names) if isinstance(value, str) else value for key, value in fields.items()}
            answer = ask(path.format(**names), method, **filled)
            words = orjson.loads(answer.content)
            words.pop("request_id", None)
            text = orjson.dumps(words).decode()
            headers = sorted(name for name in answer.headers if name not in ("X-Request-ID", "Content-Length"))
            told.append(
                (answer.status_code, text.replace(name, "?").replace(run, "?").replace(f"id={pk}", "id=?"), headers)
            )
        assert told[0] == told[1], (method, path)
        assert told[0][0] == 404, (method, path, told[0])


def test_a_name_that_is_taken_by_a_hidden_model_is_refused_as_any_other(
    hidden: Hidden, registry: Registry, model: RegisteredModel, scientist: User, maintainer: User
) -> None:
    said = []
    for name in (SECRET, SECRET.upper(), "iris"):
        with pytest.raises(AlreadyExists) as refused:
            create_model(registry, name, actor=scientist)
        said.append(refused.value.message.replace(name, "?"))
    assert set(said) == {"Registered Model (name=?) already exists."}
    with pytest.raises(AlreadyExists, match="looks the same as secret-merger"):
        create_model(registry, SECRET.upper(), actor=maintainer)
    mine = create_model(registry, "mine", actor=maintainer)
    with pytest.raises(AlreadyExists, match="already exists"):
        rename_model(mine, SECRET, actor=maintainer)
    with pytest.raises(AlreadyExists, match="already exists"):
        create_experiment(registry, hidden.experiment.name, actor=scientist)


def test_searches_count_and_page_only_what_is_seen(
    hidden: Hidden,
    model: RegisteredModel,
    ask: Callable[..., Any],
    maintainer: User,
    token_of: Callable[..., str],
    client: Client,
) -> None:
    found = ask(mlflow("registered-models/search"), max_results=1).json()
    assert [row["name"] for row in found["registered_models"]] == ["iris"]
    assert "next_page_token" not in found
    # A page token that somebody made who sees more leads to nothing more.
    headers = {"Authorization": f"Bearer {token_of(maintainer)}"}
    theirs = client.get("/api/v1/models", {"page_size": 1}, headers=headers).json()
    assert theirs["next_page_token"]
    listed = ask("/api/v1/models", page_token=theirs["next_page_token"]).json()
    assert [row["name"] for row in listed["results"]] == []
    experiments = ask(mlflow("experiments/search"), max_results=100).json()["experiments"]
    assert hidden.experiment.name not in [row["name"] for row in experiments]


def test_pages_tell_nothing_of_what_is_hidden(hidden: Hidden, client: Client, scientist: User) -> None:
    client.force_login(scientist)
    for path in (
        "/",
        "/models",
        f"/models?q={SECRET}",
        "/models/main/iris",
        "/models/main/iris/activity",
        f"/models/main/iris/versions/{hidden.trained.number}",
        f"/models/main/iris/versions/{hidden.copied.number}",
        f"/models/main/iris/versions/{hidden.copied.number}/activity",
        "/experiments",
        "/reviews?show=open",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        told = answer.content.decode().replace(f'value="{SECRET}"', "")
        for word in (SECRET, hidden.run.run_id, f">{hidden.experiment.name}<"):
            assert word not in told, (path, word)


def test_the_admin_lists_and_filters_only_what_is_seen(hidden: Hidden, client: Client, reviewer: User) -> None:
    reviewer.is_staff = True
    reviewer.save(update_fields=["is_staff"])
    client.force_login(reviewer)
    for page in ("registeredmodel", "modelversion", "placement"):
        answer = client.get(f"/admin/registry/{page}/")
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
    for pk in (hidden.model.pk, 10**9):
        assert client.get(f"/admin/registry/registeredmodel/{pk}/change/").status_code == 302
    told = client.get(f"/admin/registry/modelversion/{hidden.copied.pk}/change/").content.decode()
    assert SECRET not in told


def test_a_token_for_a_role_elsewhere_sees_none_of_it(hidden: Hidden, member: Member, model: RegisteredModel) -> None:
    reader = member(Role.READER, model)
    assert list(models_for(reader)) == [model]
    assert lineage_of(hidden.trained, actor=reader).run is None


def test_a_logged_model_brings_nothing_of_a_run_that_is_not_seen(
    registry: Registry, model: RegisteredModel, scientist: User, maintainer: User
) -> None:
    run = new_run(new_experiment(registry, actor=maintainer), actor=maintainer)
    log_batch(run, tags=[("mlflow.source.git.commit", "deadbeef")], actor=maintainer)
    logged_model = new_logged_model(new_experiment(registry, actor=maintainer), source_run=run, actor=maintainer)
    put_file(logged_model.folder, "w.txt", store_bytes([b"1"], length=1, actor=maintainer), actor=maintainer)
    finish_logged_model(logged_model, LoggedModel.Status.READY, actor=maintainer)
    restrict_experiment(run.experiment, True, actor=maintainer)
    logged_model.refresh_from_db()
    theirs = create_version(model, Origin(logged_model=logged_model), actor=scientist)
    assert (theirs.source_run, theirs.git_commit) == (None, "")
    assert theirs.logged_model == logged_model
    whole = create_version(model, Origin(logged_model=logged_model), actor=maintainer)
    assert (whole.source_run, whole.git_commit) == (run, "deadbeef")
    copy = create_version(model, Origin(copied_from=whole), actor=scientist)
    assert (copy.source_run, copy.git_commit) == (None, "")
    # Who trained it still does not approve it.
    review = request_review(copy, alias="champion", actor=scientist)
    assert maintainer.pk in too_close(review)
