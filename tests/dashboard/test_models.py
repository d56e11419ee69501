"""The list of models and the page of a model."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Registry, User
from dashboard.views import models as views
from registry.models import ModelVersion
from registry.operations.models import create_model, describe_model, set_model_tag
from registry.operations.placements import move_alias, move_stage
from registry.queries import find_stage, version_at
from scanning.models import Verdict
from tests.dashboard.world import World, judge, trained
from tests.factories.registry import register_files

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_the_list_says_what_is_live(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    page = as_user(scientist).get("/models").content.decode()
    assert "version 1</span>" in page
    assert "@champion → 1" in page
    assert "@challenger → 2" in page


def test_search_narrows_the_list(world: World, as_user: Callable[[User], Client], scientist: User) -> None:
    client = as_user(scientist)
    assert "fraud-score" in client.get("/models?q=FRAUD").content.decode()
    nothing = client.get("/models?q=nothing-like-it").content.decode()
    assert "No model fits" in nothing
    assert "versions" not in nothing


def test_the_first_model_is_explained(registry: Registry, as_user: Callable[[User], Client], scientist: User) -> None:
    client = as_user(scientist)
    assert "registered_model_name" in client.get("/models").content.decode()
    assert "MLFLOW_TRACKING_URI=http://testserver" in client.get("/").content.decode()


def test_pages_follow_each_other_without_loss(
    registry: Registry, as_user: Callable[[User], Client], scientist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    for number in range(5):
        create_model(registry, f"model-{number}", actor=scientist)
    client, seen, path = as_user(scientist), [], "/models?sort=name"
    while path:
        response = client.get(path)
        seen += [row[0].name for row in response.context["rows"]]
        token = response.context["next_token"]
        path = f"/models?sort=name&page={token}" if token else ""
    assert seen == [f"model-{number}" for number in range(5)]


def test_a_forged_page_token_is_refused(registry: Registry, as_user: Callable[[User], Client], scientist: User) -> None:
    response = as_user(scientist).get("/models?page=bm90LW91cnM")
    assert response.status_code == 400
    assert "page token" in response.content.decode()


def test_a_place_that_is_not_live_leaves_no_empty_label(
    world: World, registry: Registry, as_user: Callable[[User], Client], scientist: User
) -> None:
    model = create_model(registry, "only-staged", actor=scientist)
    staged = trained(model, {"auc": 0.5}, {"depth": "1"}, scientist)
    judge(staged, Verdict.CLEAN)
    if staging := find_stage(registry, "Staging"):
        move_stage(staged, staging, actor=scientist)
    client = as_user(scientist)
    page = client.get("/registries/main").content.decode()
    assert page.count('<td data-label="Live" class="void">') == 1
    page = client.get("/models/main/only-staged").content.decode()
    assert '<td data-label="Aliases" class="void">' in page
    assert '<td data-label="Stage" class="void">' not in page


def test_the_cost_of_the_list_does_not_grow(
    registry: Registry,
    as_user: Callable[[User], Client],
    scientist: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(12):
        trained(create_model(registry, f"model-{number}", actor=scientist), {"auc": 0.5}, {"depth": "1"}, scientist)
    client = as_user(scientist)
    with django_assert_max_num_queries(6):
        client.get("/models")
    with django_assert_max_num_queries(12):
        client.get("/")


def test_the_cost_of_a_model_does_not_grow(
    world: World,
    as_user: Callable[[User], Client],
    scientist: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(8):
        judge(trained(world.model, {"auc": number / 10}, {"depth": str(number)}, scientist), Verdict.CLEAN)
    client = as_user(scientist)
    with django_assert_max_num_queries(18):
        client.get("/models/main/fraud-score")
    with django_assert_max_num_queries(8):
        client.get("/models/main/fraud-score/activity")


def test_people_choose_the_metrics_that_they_compare(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    client = as_user(scientist)
    assert client.get("/models/main/fraud-score").context["metrics"].keys == ["auc", "log_loss"]
    assert client.get("/models/main/fraud-score?metric=log_loss").context["metrics"].keys == ["log_loss"]


def test_the_page_says_how_to_load_what_is_live(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    page = as_user(scientist).get("/models/main/fraud-score").content.decode()
    assert "models:/fraud-score/Production" in page


def test_descriptions_are_formatted_but_harmless(
    world: World, as_user: Callable[[User], Client], scientist: User
) -> None:
    text = (
        f"# Title\n**bold** {ATTACK} [bad](javascript:alert(1)) [worse](data:text/html,x) ![p](https://x.example/p.png)"
    )
    describe_model(world.model, text, actor=scientist)
    set_model_tag(world.model, "note", ATTACK + "{{ 7*7 }}{% now 'Y' %}", actor=scientist)
    page = as_user(scientist).get("/models/main/fraud-score").content.decode()
    assert "<h3>Title</h3>" in page
    assert "<strong>bold</strong>" in page
    assert ATTACK not in page
    assert "<img" not in page
    assert 'href="javascript:' not in page
    assert 'href="data:' not in page
    assert "{{ 7*7 }}{% now &#x27;Y&#x27; %}" in page


def test_names_are_text_on_every_page(registry: Registry, as_user: Callable[[User], Client], scientist: User) -> None:
    name = "<script>alert('x')<script>"
    version = trained(create_model(registry, name, actor=scientist), {"auc": 0.5}, {"depth": ATTACK}, scientist)
    client = as_user(scientist)
    assert version.source_run is not None
    model = f"/models/main/{quote(name)}"
    paths = ["/", "/models", model, f"{model}/activity", f"{model}/versions/1", f"/runs/{version.source_run.run_id}"]
    for path in paths:
        page = client.get(path).content.decode()
        assert "&lt;script&gt;alert(" in page, path
        assert "<script>alert" not in page, path


def test_an_alias_is_rolled_back_on_the_page(as_user: Callable[[User], Client], version: ModelVersion) -> None:
    person = version.uploader
    second = register_files(version.model, {"weights.txt": b"4"}, actor=person)
    for one in (version, second):
        move_alias(one, "blue", actor=person)
    browser = as_user(person)
    assert "Put it back" in browser.get("/models/main/iris").content.decode()
    said = {"alias": "blue", "reason": "It is slow."}
    page = browser.post("/models/main/iris/rollback", said, follow=True).content.decode()
    assert "Version 1 is back at @blue." in page
    assert version_at(version.model, alias="blue") == version
    for bad, sentence in ((said, "No other version of iris stood under @blue before."), ({"alias": "blue"}, "Say why")):
        page = browser.post("/models/main/iris/rollback", bad, follow=True).content.decode()
        assert sentence in page
    assert version_at(version.model, alias="blue") == version
