"""The real MLflow client keeps a registry: models, versions, tags, aliases, stages and their gates."""

import time
from collections.abc import Callable

import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as Shown
from mlflow.exceptions import MlflowException, RestException

from accounts.models import Registry, User
from approvals.models import Decision, Review
from approvals.operations.reviews import decide, request_review
from registry.models import ModelVersion, Stage
from scanning.models import Scan, Verdict
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Register, SignIn, refused_with

pytestmark = WITH_REAL_CLIENT

MISSING, DENIED, INVALID = "RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED", "INVALID_PARAMETER_VALUE"
ACTIVE_STAGES = ["None", "Staging", "Production", "Archived"]


def row_of(shown: Shown) -> ModelVersion:
    """The row behind what the client was shown."""
    return ModelVersion.objects.get(model__name=shown.name, number=int(shown.version), deleted_at=None)


def test_a_model_is_made_described_and_found_again(client: MlflowClient) -> None:
    made = client.create_registered_model("iris", tags={"team": "flowers"}, description="Which flower it is")
    found = client.get_registered_model("iris")
    assert dict(found) == dict(made)
    assert (found.name, found.description, found.tags) == ("iris", "Which flower it is", {"team": "flowers"})
    assert (found.latest_versions, found.aliases) == ([], {})
    assert found.creation_timestamp == found.last_updated_timestamp
    changed = client.update_registered_model("iris", "Another text")
    assert changed.description == client.get_registered_model("iris").description == "Another text"
    assert changed.last_updated_timestamp > found.last_updated_timestamp
    assert client.update_registered_model("iris", "").description == ""
    with refused_with("RESOURCE_ALREADY_EXISTS", r"Registered Model \(name=iris\) already exists"):
        client.create_registered_model("iris")
    for wrong in ("", "  ", "a/b", "a:b", ".", ".."):
        with pytest.raises(MlflowException):
            client.create_registered_model(wrong)
    for attempt in (
        lambda: client.get_registered_model("rose"),
        lambda: client.update_registered_model("rose", "x"),
        lambda: client.get_latest_versions("rose"),
        lambda: client.set_registered_model_tag("rose", "a", "b"),
        lambda: client.create_model_version("rose", "s3://bucket/model"),
    ):
        with refused_with(MISSING, "Registered Model with name=rose not found"):
            attempt()


def test_a_maintainer_renames_and_deletes_a_model(
    client: MlflowClient, register: Register, maintainer: User, sign_in: SignIn
) -> None:
    register("iris", tags={"a": "b"})
    client.create_registered_model("rose")
    client.set_registered_model_alias("iris", "best", "1")
    for attempt in (
        lambda: client.rename_registered_model("iris", "tulip"),
        lambda: client.delete_registered_model("iris"),
        lambda: client.delete_model_version("iris", "1"),
    ):
        with refused_with(DENIED):
            attempt()
    sign_in(maintainer)
    with refused_with("RESOURCE_ALREADY_EXISTS"):
        client.rename_registered_model("iris", "rose")
    client.rename_registered_model("iris", "tulip")
    with refused_with(MISSING):
        client.get_registered_model("iris")
    moved = client.get_model_version_by_alias("tulip", "best")
    assert (moved.name, moved.version, moved.tags, moved.aliases) == ("tulip", "1", {"a": "b"}, ["best"])
    client.delete_registered_model("tulip")
    for attempt in (
        lambda: client.get_registered_model("tulip"),
        lambda: client.delete_registered_model("tulip"),
        lambda: client.get_model_version("tulip", "1"),
        lambda: client.get_model_version_by_alias("tulip", "best"),
        lambda: client.get_model_version_download_uri("tulip", "1"),
    ):
        with refused_with(MISSING):
            attempt()
    assert [row.name for row in client.search_registered_models()] == ["rose"]
    assert client.search_model_versions() == []
    assert client.create_registered_model("tulip").aliases == {}
    assert client.get_latest_versions("tulip") == []


def test_a_version_is_complete_at_once_and_its_number_is_never_used_again(
    client: MlflowClient, register: Register, maintainer: User, sign_in: SignIn
) -> None:
    first = register("iris", tags={"a": "b"}, description="First", run_link="http://example.org/run")
    found = client.get_model_version("iris", "1")
    assert dict(found) == dict(first)
    assert (found.version, found.status, found.current_stage) == ("1", "READY", "None")
    assert (found.description, found.tags, found.user_id) == ("First", {"a": "b"}, "ada")
    assert found.source == f"runs:/{found.run_id}/model"
    assert found.run_link == "http://example.org/run"
    assert client.update_model_version("iris", "1", "Still the first").description == "Still the first"
    assert register("iris").version == "2"
    sign_in(maintainer)
    client.set_registered_model_alias("iris", "best", "2")
    client.delete_model_version("iris", "2")
    for attempt in (
        lambda: client.get_model_version("iris", "2"),
        lambda: client.delete_model_version("iris", "2"),
        lambda: client.set_model_version_tag("iris", "2", "a", "b"),
        lambda: client.update_model_version("iris", "2", "x"),
        lambda: client.transition_model_version_stage("iris", "2", "Staging"),
        lambda: client.set_registered_model_alias("iris", "best", "2"),
        lambda: client.get_model_version_download_uri("iris", "2"),
    ):
        with refused_with(MISSING, r"Model Version \(name=iris, version=2\) not found"):
            attempt()
    assert client.get_registered_model("iris").aliases == {}
    assert [row.version for row in client.get_latest_versions("iris")] == ["1"]
    assert [row.version for row in client.search_model_versions("name = 'iris'")] == ["1"]
    with refused_with(INVALID, "must be an integer"):
        client.get_model_version("iris", "one")
    assert client.create_model_version("iris", f"runs:/{first.run_id}/model", first.run_id).version == "3"


def test_tags_of_models_and_versions_come_and_go(client: MlflowClient, register: Register) -> None:
    register("iris")
    for value in ("flowers", "größer & besser", ""):
        client.set_registered_model_tag("iris", "team/of: all", value)
        client.set_model_version_tag("iris", "1", "team/of: all", value)
        assert client.get_registered_model("iris").tags == {"team/of: all": value}
        assert client.get_model_version("iris", "1").tags == {"team/of: all": value}
    client.set_model_version_tag("iris", key="by stage", value="x", stage="None")
    assert client.get_latest_versions("iris", ["None"])[0].tags["by stage"] == "x"
    client.delete_model_version_tag("iris", key="by stage", stage="None")
    for _ in range(2):
        client.delete_registered_model_tag("iris", "team/of: all")
        client.delete_model_version_tag("iris", "1", "team/of: all")
    assert client.get_registered_model("iris").tags == client.get_model_version("iris", "1").tags == {}
    for key, value in (("../x", "a"), ("a;b", "a"), ("k" * 251, "a"), ("a", "x" * 100_001)):
        with refused_with(INVALID):
            client.set_registered_model_tag("iris", key, value)
        with refused_with(INVALID):
            client.set_model_version_tag("iris", "1", key, value)


def test_an_alias_names_one_version(client: MlflowClient, register: Register) -> None:
    register("iris")
    register("iris", "4 5 6")
    client.set_registered_model_alias("iris", "best", "1")
    client.set_registered_model_alias("iris", "best", "2")
    client.set_registered_model_alias("iris", "Beta_2-x", "2")
    assert client.get_registered_model("iris").aliases == {"best": "2", "Beta_2-x": "2"}
    assert sorted(client.get_model_version("iris", "2").aliases) == ["Beta_2-x", "best"]
    assert client.get_model_version("iris", "1").aliases == []
    assert client.get_model_version_by_alias("iris", "best").version == "2"
    found = client.search_model_versions("name = 'iris'", order_by=["version_number ASC"])
    assert [sorted(row.aliases) for row in found] == [[], ["Beta_2-x", "best"]]
    for _ in range(2):
        client.delete_registered_model_alias("iris", "best")
    with refused_with(INVALID, "Registered model alias best not found"):
        client.get_model_version_by_alias("iris", "best")
    for wrong in ("latest", "Latest", "v1", "V22", "a b", "a.b", "", "x" * 256):
        with pytest.raises(MlflowException) as caught:
            client.set_registered_model_alias("iris", wrong, "1")
        assert caught.value.error_code == INVALID
    with refused_with(MISSING):
        client.set_registered_model_alias("iris", "best", "9")
    assert client.get_registered_model("iris").aliases == {"Beta_2-x": "2"}


def test_stages_are_a_ladder_in_any_spelling(client: MlflowClient, register: Register) -> None:
    for content in ("1", "2", "3"):
        register("iris", content)
    move = client.transition_model_version_stage
    assert move("iris", "1", "staging").current_stage == "Staging"
    assert move("iris", "2", "STAGING").current_stage == "Staging"
    assert [row.version for row in client.get_latest_versions("iris", ["Staging"])] == ["2"]
    assert move("iris", "3", "Staging", archive_existing_versions=True).current_stage == "Staging"
    assert [client.get_model_version("iris", number).current_stage for number in "123"] == [
        "Archived",
        "Archived",
        "Staging",
    ]
    newest = {row.current_stage: row.version for row in client.get_latest_versions("iris")}
    assert newest == {"Staging": "3", "Archived": "2"}
    assert {row.version for row in client.get_registered_model("iris").latest_versions} == {"2", "3"}
    assert move("iris", "3", "none").current_stage == "None"
    assert {row.current_stage for row in client.get_latest_versions("iris", ["none", "archived"])} == {
        "None",
        "Archived",
    }
    with refused_with(INVALID, f"Value must be one of {', '.join(ACTIVE_STAGES)}"):
        move("iris", "1", "Moon")
    with refused_with(INVALID):
        client.get_latest_versions("iris", ["Moon"])


def test_a_governed_stage_refuses_with_reasons_until_it_is_approved(
    client: MlflowClient,
    register: Register,
    scientist: User,
    reviewer: User,
    stage: Callable[[str], Stage],
    judge: Callable[..., Scan],
) -> None:
    old, new = register("iris", "old"), register("iris", "new")
    move = client.transition_model_version_stage
    for attempt in (
        lambda: move("iris", "1", "Production"),
        lambda: move("iris", "1", "Production", archive_existing_versions=True),
    ):
        with refused_with(DENIED, "Production is governed by a policy: ask for a review of version 1 first"):
            attempt()  # type: ignore[no-untyped-call] # of MLflow
    with refused_with(DENIED, "@champion is governed by a policy"):
        client.set_registered_model_alias("iris", "champion", "1")
    for shown in (old, new):
        version = row_of(shown)
        review = request_review(version, stage=stage("Production"), actor=scientist)
        with refused_with(DENIED, f"Review {review.pk} is not complete"):
            move("iris", shown.version, "Production")
        judge(version)
        decide(review, Decision.Verdict.APPROVE, comment="Good.", actor=reviewer)
        assert move("iris", shown.version, "Production").current_stage == "Production"
    # One version of a model at a time stands there, asked for or not.
    assert client.get_model_version("iris", "1").current_stage == "Archived"
    assert client.get_model_version("iris", "2").current_stage == "Production"
    with refused_with(DENIED, "only a maintainer takes a version away from there"):
        move("iris", "2", "Archived")
    assert Review.objects.filter(version__model__name="iris").count() == 2


def test_an_unsafe_version_goes_nowhere(client: MlflowClient, register: Register, judge: Callable[..., Scan]) -> None:
    judge(row_of(register("iris")), Verdict.UNSAFE)
    for attempt in (
        lambda: client.transition_model_version_stage("iris", "1", "Staging"),
        lambda: client.set_registered_model_alias("iris", "best", "1"),
    ):
        with refused_with(DENIED, "The scan found version 1 unsafe"):
            attempt()
    assert client.transition_model_version_stage("iris", "1", "Archived").current_stage == "Archived"


def test_what_is_in_use_is_not_deleted(
    client: MlflowClient, register: Register, maintainer: User, sign_in: SignIn
) -> None:
    register("iris")
    client.transition_model_version_stage("iris", "1", "Staging")
    sign_in(maintainer)
    for attempt in (lambda: client.delete_model_version("iris", "1"), lambda: client.delete_registered_model("iris")):
        with refused_with("RESOURCE_CONFLICT", "is in use"):
            attempt()
    client.transition_model_version_stage("iris", "1", "Archived")
    client.delete_model_version("iris", "1")


def test_models_are_searched_with_every_operator(client: MlflowClient) -> None:
    names = ("iris", "Iris-large", "rose", "größe_1", "gr__e")
    for number, name in enumerate(names):
        client.create_registered_model(name, tags={"size": str(number), "kind of": "x" if number % 2 else "Y"})
    client.set_registered_model_tag("rose", "only", "here")
    client.update_registered_model("rose", "Changed last")

    def found(text: str = "", order: list[str] | None = None, size: int = 100) -> list[str]:
        rows, token = [], None
        while True:
            page = client.search_registered_models(text, max_results=size, order_by=order, page_token=token)
            assert len(page) <= size
            rows += [row.name for row in page]
            token = page.token
            if not token:
                return rows

    assert found() == sorted(names)
    for size in (1, 2, 5):
        assert found(size=size) == sorted(names)
        assert found(order=["name DESC"], size=size) == sorted(names, reverse=True)
        assert found(order=["timestamp ASC"], size=size) == ["iris", "Iris-large", "größe_1", "gr__e", "rose"]
        assert found(order=["last_updated_timestamp DESC", "name"], size=size)[0] == "rose"
    assert found("name = 'iris'") == ["iris"]
    assert found("name != 'iris' AND name != 'rose'") == ["Iris-large", "gr__e", "größe_1"]
    assert found("name LIKE 'i%'") == ["iris"]
    assert found("name ILIKE 'I%'") == ["Iris-large", "iris"]
    assert found("name LIKE '%ris%'") == ["Iris-large", "iris"]
    assert found("name LIKE 'r_se'") == ["rose"]
    assert found("name IN ('rose', 'iris', 'nothing')") == ["iris", "rose"]
    assert found("tags.size = '3'") == ["größe_1"]
    assert found("tag.`kind of` = 'x' and name like 'I%'") == ["Iris-large"]
    assert found("tags.\"kind of\" ILIKE 'y' AND tags.size != '0'") == ["gr__e", "rose"]
    assert found("tags.only LIKE 'h%'") == found("tags.only != 'there'") == ["rose"]
    assert found("name = 'nothing'") == []
    for wrong in ("name", "name > 'a'", "colour = 'red'", "name = 'a' OR name = 'b'", "name = iris", "tags.a > '1'"):
        with refused_with(INVALID):
            found(wrong)
    for order in (["colour"], ["name", "name DESC"], ["name SIDEWAYS"], ["owner__password"]):
        with refused_with(INVALID):
            found(order=order)
    with refused_with(INVALID, "page token"):
        client.search_registered_models(page_token="nonsense")
    with refused_with(INVALID, "max_results"):
        client.search_registered_models(max_results=1001)


def test_versions_are_searched_with_every_operator(client: MlflowClient, register: Register) -> None:
    runs = {}
    for name, content in (("iris", "a"), ("iris", "b"), ("rose", "c"), ("iris", "d")):
        shown = register(name, content, tags={"content": content})
        runs[content] = shown.run_id
        time.sleep(0.002)
    client.update_model_version("iris", "1", "Changed last")

    def found(text: str = "", order: list[str] | None = None, size: int = 100) -> list[str]:
        rows, token = [], None
        while True:
            page = client.search_model_versions(text, max_results=size, order_by=order, page_token=token)
            rows += [row.tags["content"] for row in page]
            token = page.token
            if not token:
                return rows

    for size in (1, 3, 4):
        assert found(size=size) == ["a", "d", "c", "b"]
        assert found(order=["name", "version_number DESC"], size=size) == ["d", "b", "a", "c"]
        assert found(order=["creation_timestamp ASC"], size=size) == ["a", "b", "c", "d"]
        assert found(order=["last_updated_timestamp"], size=size) == ["b", "c", "d", "a"]
    assert found("name = 'rose'") == ["c"]
    assert found("name != 'iris'") == found("name LIKE 'ro%'") == found("name ILIKE 'RO%'") == ["c"]
    assert found("name IN ('rose', 'tulip')") == ["c"]
    assert found(f"run_id = '{runs['b']}'") == ["b"]
    assert sorted(found(f"run_id IN ('{runs['b']}', '{runs['c']}')")) == ["b", "c"]
    assert found(f"source_path = 'runs:/{runs['d']}/model'") == ["d"]
    assert found(f"source_path LIKE '%{runs['d']}%'") == ["d"]
    assert found("version_number = 2") == ["b"]
    assert found("version_number > 1 AND name = 'iris'", ["version_number"]) == ["b", "d"]
    assert found("version_number >= 3") == found("version_number > 2") == ["d"]
    assert sorted(found("version_number < 2")) == sorted(found("version_number <= 1")) == ["a", "c"]
    assert sorted(found("version_number != 1")) == ["b", "d"]
    assert found("tags.content = 'c'") == ["c"]
    assert sorted(found("tags.content != 'c' AND tags.content ILIKE '%'")) == ["a", "b", "d"]
    assert found("name = 'nothing'") == []
    for wrong in ("version_number LIKE '1'", "version_number = 'x'", "stage = 'None'", "run_id > 'a'", "name ="):
        with refused_with(INVALID):
            found(wrong)
    with refused_with(INVALID):
        found(order=["source_path"])
    with refused_with(INVALID, "max_results"):
        client.search_model_versions(max_results=200_001)


def test_a_restricted_model_is_there_for_its_own_people_only(
    client: MlflowClient, register: Register, registry: Registry, reviewer: User, sign_in: SignIn
) -> None:
    version = row_of(register("iris"))
    version.model.restricted = True
    version.model.save(update_fields=["restricted"])
    sign_in(reviewer)
    assert [*client.search_registered_models(), *client.search_model_versions()] == []
    with pytest.raises(RestException, match="not found"):
        client.get_model_version("iris", "1")
