"""The real MLflow client gets at models by every address that it knows, and copies them from place to place."""

from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException
from pytest_django.live_server_helper import LiveServer

from accounts import access
from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from registry.models import ModelVersion
from scanning.models import Scan, Verdict
from tests.conftest import Member
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, LogModel, Register, SignIn, refused_with

pytestmark = WITH_REAL_CLIENT


@pytest.fixture
def lab(system: User, scientist: User) -> Registry:
    """Another registry, to which the scientist contributes too."""
    lab = create_registry("lab", actor=system)
    access.grant(Role.CONTRIBUTOR, on=lab, to=scientist, actor=system)
    return lab


def answer_of(address: str) -> int:
    """What the model at this address says."""
    return int(mlflow.pyfunc.load_model(address).predict(["?"])[0])


def test_a_model_is_loaded_by_every_form_of_its_address(
    client: MlflowClient, log_model: LogModel, tmp_path: Path
) -> None:
    name = "größe & more (1)"
    first, second = log_model(1, registered_as=name), log_model(2, registered_as=name)
    client.transition_model_version_stage(name, "1", "Staging")
    client.set_registered_model_alias(name, "best", "1")
    run_id = client.get_model_version(name, "2").run_id
    for address, answer in {
        f"models:/{name}/1": 1,
        f"models:/{name}/2": 2,
        f"models:/{name}/latest": 2,
        f"models:/{name}/Staging": 1,
        f"models:/{name}/staging": 1,
        f"models:/{name}/None": 2,
        f"models:/{name}@best": 1,
        f"models:/{first}": 1,
        f"models:/{second}": 2,
        f"runs:/{run_id}/answers": 2,
        client.get_model_version_download_uri(name, "2"): 2,
    }.items():
        assert answer_of(address) == answer, address
        folder = Path(mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path / str(len(address)))))
        assert (folder / "MLmodel").is_file() and list(folder.glob("answers_*.py"))
        assert mlflow.models.get_model_info(address).signature is not None
    for address in (f"models:/{name}@best/MLmodel", f"models:/{name}/1/MLmodel"):
        assert first in mlflow.artifacts.load_text(address)
    listed = mlflow.artifacts.list_artifacts(f"models:/{name}/1")
    assert [file.path for file in listed] == sorted(file.path for file in listed)
    assert "MLmodel" in [file.path for file in listed]


def test_an_address_that_leads_nowhere_says_so(client: MlflowClient, register: Register) -> None:
    register("iris")
    for address in (
        "models:/iris/2",
        "models:/iris/Production",
        "models:/iris@best",
        "models:/rose/1",
        "models:/rose/latest",
        "models:/m-00000000000000000000000000000000",
        f"runs:/{'0' * 32}/model",
    ):
        with pytest.raises(MlflowException, match=r"[Nn]ot found|No versions of model|no version"):
            mlflow.pyfunc.load_model(address)


def test_a_version_keeps_the_files_that_it_was_made_from(client: MlflowClient, register: Register) -> None:
    shown = register("iris", "as it was")
    client.log_text(str(shown.run_id), "as it is now", "model/weights.txt")
    assert mlflow.artifacts.load_text("models:/iris/1/weights.txt") == "as it was"
    assert mlflow.artifacts.load_text(f"runs:/{shown.run_id}/model/weights.txt") == "as it is now"


def test_a_model_of_a_run_is_registered_by_its_address(client: MlflowClient, log_model: LogModel) -> None:
    model_id = log_model(5)
    run_id = mlflow.get_logged_model(model_id).source_run_id
    for number, address in enumerate((f"runs:/{run_id}/answers", f"models:/{model_id}"), start=1):
        made = mlflow.register_model(address, "answers", tags={"how": address})
        assert (made.version, made.run_id, made.tags) == (str(number), run_id, {"how": address})
        assert answer_of(f"models:/answers/{number}") == 5
    assert "answers" in mlflow.get_logged_model(model_id).tags["mlflow.modelVersions"]


def test_a_version_is_copied_within_a_registry(client: MlflowClient, log_model: LogModel) -> None:
    log_model(3, registered_as="answers")
    client.set_registered_model_alias("answers", "best", "1")
    client.set_model_version_tag("answers", "1", "a", "b")
    client.update_model_version("answers", "1", "The third")
    source = client.get_model_version("answers", "1")
    for number, address in enumerate(("answers/1", "answers@best", "answers/latest"), start=1):
        copied = client.copy_model_version(f"models:/{address}", "copies")
        assert (copied.name, copied.version, copied.source) == ("copies", str(number), "models:/answers/1")
        assert (copied.description, copied.tags, copied.run_id) == ("The third", {"a": "b"}, source.run_id)
        assert copied.aliases == []
        assert answer_of(f"models:/copies/{number}") == 3
    again = client.copy_model_version("models:/copies/1", "answers")
    assert (again.version, again.source) == ("2", "models:/copies/1")
    trees = ModelVersion.objects.values_list("tree", flat=True)
    assert len(trees) == 5 and len(set(trees)) == 1
    for address in ("models:/answers/9", "models:/rose/1", "models:/answers@worst"):
        with pytest.raises(MlflowException, match=r"[Nn]ot found"):
            client.copy_model_version(address, "copies")


def test_a_version_is_copied_into_another_registry(
    client: MlflowClient, live_server: LiveServer, lab: Registry, log_model: LogModel
) -> None:
    """The client's own copy knows one registry; the place of a version's files is a source that all of them know."""
    log_model(4, registered_as="answers")
    place = client.get_model_version_download_uri("answers", "1")
    mlflow.set_workspace("lab")
    assert client.search_registered_models() == []
    with pytest.raises(MlflowException, match="not found"):
        client.copy_model_version("models:/answers/1", "answers")
    made = mlflow.register_model(place, "answers")
    assert (made.version, answer_of("models:/answers/1")) == ("1", 4)
    assert client.get_model_version_download_uri("answers", "1") != place
    below = MlflowClient(f"{live_server.url}/r/lab")
    assert below.create_model_version("answers", place).version == "2"
    mlflow.set_workspace(None)
    assert [row.version for row in client.search_model_versions("name = 'answers'")] == ["1"]
    first, copied = ModelVersion.objects.filter(number=1).order_by("pk")
    assert (copied.copied_from, copied.tree, copied.model.registry) == (first, first.tree, lab)


def test_nobody_copies_what_it_may_not_read(
    client: MlflowClient, lab: Registry, register: Register, member: Member, sign_in: SignIn
) -> None:
    register("iris")
    place = client.get_model_version_download_uri("iris", "1")
    outsider = member(Role.CONTRIBUTOR, lab)
    sign_in(outsider)
    mlflow.set_workspace("lab")
    client.create_registered_model("iris")
    for source in (place, "models:/iris/1", f"runs:/{'0' * 32}/model"):
        with pytest.raises(RestException, match=r"not found|there is nothing at"):
            client.create_model_version("iris", source)
    assert ModelVersion.objects.count() == 1


def test_files_found_unsafe_are_for_maintainers_only(
    client: MlflowClient, register: Register, maintainer: User, sign_in: SignIn, judge: Callable[..., Scan]
) -> None:
    register("iris")
    judge(ModelVersion.objects.get(), Verdict.UNSAFE)
    with pytest.raises(MlflowException, match="unsafe, so only maintainers can download"):
        mlflow.artifacts.load_text("models:/iris/1/weights.txt")
    sign_in(maintainer)
    assert mlflow.artifacts.load_text("models:/iris/1/weights.txt") == "1 2 3"


def test_a_version_may_lie_elsewhere(client: MlflowClient) -> None:
    client.create_registered_model("iris")
    made = client.create_model_version("iris", "s3://bucket/models/iris", description="Kept by the team itself")
    assert made.source == "s3://bucket/models/iris" and not made.run_id
    assert client.get_model_version_download_uri("iris", "1") == "s3://bucket/models/iris"
    for source in ("file:///etc", "/etc", "//etc/passwd", "./..", "http://169.254.169.254/latest", "ftp://a/b", "x"):
        with refused_with("INVALID_PARAMETER_VALUE", "Invalid model version source"):
            client.create_model_version("iris", source)
