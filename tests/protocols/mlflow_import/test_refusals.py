"""What goes wrong is said in one sentence; what cannot come along is told, and nothing of it half comes."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.management import CommandError
from django.db.models import QuerySet
from pytest_django.live_server_helper import LiveServer

from accounts.models import Registry, User
from accounts.rights import Role
from events.kinds import Kind
from events.models import Event
from protocols.mlflow_import.models import Carried
from protocols.mlflow_import.source import Source, SourceGone, _loaded, credentials
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, rename_model
from registry.operations.placements import move_alias
from tests.conftest import Member
from tests.protocols.mlflow_import.between import Between
from tests.protocols.mlflow_import.conftest import Filled, Move
from tests.services.processes import free_port
from tracking.models import Experiment, LoggedModel, Run
from tracking.operations.experiments import create_experiment
from tracking.operations.runs import create_run

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.filterwarnings("default", "ignore::FutureWarning"),
]


class _Page(BaseHTTPRequestHandler):
    """A server that is something else."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "http://elsewhere.example.org/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b'{"articles": []}' if self.path.startswith("/json") else b"<h1>Welcome</h1>"
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is the library's
        """Say nothing."""


@pytest.fixture(scope="module")
def something_else() -> Iterator[str]:
    """The address of a server that is no MLflow."""
    server = HTTPServer(("127.0.0.1", 0), _Page)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


def _lines() -> QuerySet[Event]:
    """The log; where the source is this server too, a wrong password stands in it."""
    return Event.objects.exclude(kind=Kind.SIGN_IN_FAILED)


def refused(move: Move, *arguments: str) -> str:
    """The sentence with which the command ends; nothing was changed by it."""
    before = (_lines().count(), Carried.objects.count(), Run.objects.count(), RegisteredModel.objects.count())
    with pytest.raises(CommandError) as caught:
        move(*arguments)
    assert caught.value.returncode == 1
    assert before == (
        _lines().count(),
        Carried.objects.count(),
        Run.objects.count(),
        RegisteredModel.objects.count(),
    )
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_wrong_password(
    move: Move, live_server: LiveServer, maintainer: User, monkeypatch: pytest.MonkeyPatch, registry: Registry
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", maintainer.username)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "not my secret")
    said = refused(move, live_server.url, "--as", maintainer.username)
    assert "refuses these credentials (401)" in said
    assert "not my secret" not in said


def test_a_server_that_is_away(move: Move, registry: Registry, maintainer: User) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert f"{url} does not answer: " in refused(move, url, "--as", maintainer.username)


@pytest.mark.parametrize("path", ["", "/missing", "/json"])
def test_a_server_that_is_something_else(
    move: Move, registry: Registry, maintainer: User, something_else: str, path: str
) -> None:
    said = refused(move, f"{something_else}{path}", "--as", maintainer.username)
    assert "does not answer like an MLflow server" in said


def test_a_server_that_sends_us_away_does_not_get_the_credentials_there(
    move: Move, registry: Registry, maintainer: User, something_else: str
) -> None:
    said = refused(move, f"{something_else}/moved", "--as", maintainer.username)
    assert "sends us to http://elsewhere.example.org/" in said


@pytest.mark.parametrize(
    "address",
    [
        "http://ada:secret@127.0.0.1:1",
        "file:///mlruns",
        "sqlite:///mlflow.db",
        "databricks",
        "http://127.0.0.1:port",
        "http://127.0.0.1:1/?token=x",
        "http://[::1",
    ],
)
def test_an_address_that_is_none(move: Move, registry: Registry, maintainer: User, address: str) -> None:
    assert "secret" not in refused(move, address, "--as", maintainer.username)


def test_a_registry_that_is_not_there(source: Filled, move: Move, registry: Registry, maintainer: User) -> None:
    said = refused(move, source.url, "--as", maintainer.username, "--registry", "nowhere")
    assert said == "Registry nowhere was not found."


def test_an_account_that_is_not_there(source: Filled, move: Move, registry: Registry) -> None:
    assert refused(move, source.url, "--as", "nobody") == "Account nobody was not found."


def test_somebody_without_rights(
    source: Filled, move: Move, registry: Registry, stranger: User, member: Member
) -> None:
    assert "was not found" in refused(move, source.url, "--as", "stranger", "--registry", "main")
    assert "no default registry" in refused(move, source.url, "--as", "stranger")
    reader = member(Role.READER, registry)
    assert "does not include the right" in refused(move, source.url, "--as", reader.username)
    maintainer = member(Role.MAINTAINER, registry)
    maintainer.is_active = False
    maintainer.save(update_fields=["is_active"])
    refused(move, source.url, "--as", maintainer.username)


def test_user_and_password_win_over_a_token() -> None:
    both = {"MLFLOW_TRACKING_TOKEN": "t", "MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"}
    assert credentials(both) == {"Authorization": "Basic dTpw"}
    assert credentials({"MLFLOW_TRACKING_TOKEN": "t\n", "MLFLOW_TRACKING_USERNAME": "u"}) == {
        "Authorization": "Bearer t"
    }
    assert credentials({}) == {}


def test_an_address_means_the_same_with_and_without_a_slash() -> None:
    assert Source("http://Host:5000/a/", {}).digest == Source("http://host:5000/a", {}).digest
    with pytest.raises(SourceGone):
        Source("ftp://host", {})


def test_what_was_here_before_stays_and_is_told(
    source: Filled, move: Move, registry: Registry, maintainer: User
) -> None:
    mine = create_experiment(registry, "gone", tags={"mine": "yes"}, actor=maintainer)
    run = create_run(mine, run_id=source.contents.runs["child"], name="mine", actor=maintainer)
    model = create_model(registry, "Iris", description="mine", actor=maintainer)
    said = move(source.url, "--as", maintainer.username)
    assert "experiments: gone: Experiment(name=gone) already exists." in said
    assert "runs: " + run.run_id + ": a run with this id is here already and did not come from this server" in said
    assert "looks the same as Iris" in said
    assert list(mine.runs.all()) == [run]
    run.refresh_from_db()
    assert run.name == "mine"
    assert not run.metrics.exists()
    assert not model.versions.exists()
    pending = LoggedModel.objects.get(model_id=source.contents.logged_models["pending"])
    assert pending.source_run is None


def test_a_contributor_brings_all_but_what_only_a_maintainer_deletes(
    source: Filled, move: Move, registry: Registry, scientist: User
) -> None:
    said = move(source.url, "--as", scientist.username)
    assert "experiments: gone: it is deleted, and only a maintainer can delete it here too" in said
    assert not Experiment.objects.filter(name="gone").exists()
    assert ModelVersion.objects.count() == 8


def test_a_file_cut_short_is_asked_for_again(
    source: Filled, between: Between, move: Move, registry: Registry, maintainer: User
) -> None:
    between.cut["model/weights.txt"] = 2
    said = move(between.url, "--as", maintainer.username)
    assert "cut short" not in said
    assert between.cut["model/weights.txt"] == 0
    assert ModelVersion.objects.count() == 8


def test_a_listing_cut_short_is_asked_for_again(
    source: Filled, between: Between, move: Move, registry: Registry, maintainer: User
) -> None:
    between.cut["model-versions/search"] = 1
    move(between.url, "--as", maintainer.username)
    assert between.cut["model-versions/search"] == 0
    assert ModelVersion.objects.count() == 8


def test_a_model_that_was_renamed_here_is_still_the_same(
    source: Filled, move: Move, registry: Registry, maintainer: User
) -> None:
    move(source.url, "--as", maintainer.username)
    rename_model(RegisteredModel.objects.get(name="iris"), "flowers", actor=maintainer)
    said = move(source.url, "--as", maintainer.username)
    assert "did not come from this server" not in said
    assert not RegisteredModel.objects.filter(name="iris").exists()
    assert ModelVersion.objects.count() == 8


def test_a_file_that_is_always_cut_stays_behind_and_comes_the_next_time(
    source: Filled, between: Between, move: Move, registry: Registry, maintainer: User
) -> None:
    model_id = source.contents.logged_models["answers-1"]
    between.cut[f"{model_id}/artifacts/model.skops"] = 10_000
    with pytest.raises(CommandError, match="Not everything could be read"):
        move(between.url, "--as", maintainer.username)
    logged_model = LoggedModel.objects.get(model_id=model_id)
    # Nobody takes a half model for a whole one, and no version was made of it.
    assert logged_model.status == LoggedModel.Status.PENDING
    assert "model.skops" not in logged_model.folder.files.values_list("path", flat=True)
    assert set(ModelVersion.objects.filter(model__name="iris").values_list("number", flat=True)) == {2, 4, 5}
    between.cut.clear()
    move(between.url, "--as", maintainer.username)
    logged_model.refresh_from_db()
    assert logged_model.status == LoggedModel.Status.READY
    first = ModelVersion.objects.get(model__name="iris", number=1)
    assert first.logged_model == logged_model
    assert first.tree
    assert first.tree.file_count == logged_model.folder.files.count() > 1


def test_an_alias_that_moved_here_is_not_moved_back(
    source: Filled, move: Move, registry: Registry, maintainer: User, reassign: Callable[[str, int], None]
) -> None:
    move(source.url, "--as", maintainer.username)
    reassign("green", 2)
    move(source.url, "--as", maintainer.username)
    model = RegisteredModel.objects.get(name="iris")
    assert model.placements.get(alias="green", closed_at=None).version.number == 2


@pytest.fixture
def reassign(maintainer: User) -> Callable[[str, int], None]:
    """Moves an alias of iris."""
    return lambda alias, number: (
        move_alias(ModelVersion.objects.get(model__name="iris", number=number), alias, actor=maintainer),
        None,
    )[1]


def test_what_no_database_keeps_is_marked() -> None:
    answer = b'{"a": "x\\u0000y", "b": "\\ud83d\\ude00 \\ud83d", "c": 1}'
    assert _loaded(answer) == {"a": "x\ufffdy", "b": "\U0001f600 ?", "c": 1}
    assert _loaded(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_what_the_source_cannot_list_does_not_hold_the_rest_back(
    source: Filled, between: Between, move: Move, registry: Registry, maintainer: User
) -> None:
    between.fail_for = b'"experiment_ids":["1"]'
    with pytest.raises(CommandError, match="Not everything could be read"):
        move(between.url, "--as", maintainer.username)
    assert set(Run.objects.values_list("experiment__name", flat=True)) == {"Default", "gone"}
    # A version whose run may still come waits for it, since it keeps the lineage that it begins with.
    assert set(ModelVersion.objects.filter(model__name="iris").values_list("number", flat=True)) == {4}
    between.fail_for = b""
    move(between.url, "--as", maintainer.username)
    assert Run.objects.count() == 8
    versions = ModelVersion.objects.filter(model__name="iris").order_by("number")
    assert [(version.number, version.source_run and version.source_run.name) for version in versions] == [
        (1, "training-1"),
        (2, "long"),
        (4, "plain"),
        (5, "training-2"),
    ]
