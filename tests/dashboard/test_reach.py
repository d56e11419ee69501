"""Who reaches which page: the right people see it, strangers find nothing, nobody else gets past the sign-in."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.dashboard.world import World

LISTS = [
    "/",
    "/registries",
    "/models",
    "/experiments",
    "/reviews",
    "/reviews?show=open",
    "/reviews?show=closed",
    "/tokens",
    "/access",
    "/access?kind=model",
    "/access/requests",
    "/access/requests?show=mine",
    "/access/requests?show=decided",
    "/access/explain",
]
THINGS = [
    "/models/main/fraud-score",
    "/models/main/fraud-score/activity",
    "/models/main/fraud-score/versions/2",
    "/models/main/fraud-score/versions/2/scan",
    "/models/main/fraud-score/versions/2/activity",
    "/models/main/fraud-score/versions/2/files",
    "/models/main/fraud-score/versions/2/files/model.skops",
    "/models/main/fraud-score/access",
    "/registries/main",
    "/registries/main/access",
    "/experiments/{experiment}",
    "/experiments/{experiment}/access",
    "/runs/{run}",
    "/reviews/{review}",
]
CHANGES = [
    "/models/main/fraud-score/versions/2/ask",
    "/models/main/fraud-score/versions/2/stage",
    "/models/main/fraud-score/versions/2/alias",
    "/reviews/{review}",
    "/reviews/{review}/withdraw",
    "/tokens/999/revoke",
    "/models/main/fraud-score/access",
    "/registries/main/access",
    "/experiments/{experiment}/access",
    "/access/requests/999",
    "/access/requests/999/withdraw",
]


def filled(path: str, world: World) -> str:
    run = world.second.source_run
    assert run is not None
    return path.format(experiment=run.experiment_id, run=run.run_id, review=world.open.pk)


@pytest.mark.parametrize("path", LISTS + THINGS)
def test_members_see_the_page(world: World, as_user: Callable[[User], Client], scientist: User, path: str) -> None:
    response = as_user(scientist).get(filled(path, world))
    response.close()
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("path", THINGS)
def test_strangers_find_nothing(world: World, as_user: Callable[[User], Client], stranger: User, path: str) -> None:
    response = as_user(stranger).get(filled(path, world))
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("path", CHANGES)
def test_strangers_change_nothing(world: World, as_user: Callable[[User], Client], stranger: User, path: str) -> None:
    response = as_user(stranger).post(filled(path, world), {"stage": "Archived", "alias": "x", "verdict": "approve"})
    assert response.status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_lists_of_strangers_are_empty(
    world: World, as_user: Callable[[User], Client], stranger: User, path: str
) -> None:
    response = as_user(stranger).get(path)
    assert response.status_code == 200
    assert "fraud-score" not in response.content.decode()


@pytest.mark.parametrize("path", LISTS + THINGS)
def test_without_sign_in_there_is_only_the_sign_in_page(world: World, client: Client, path: str) -> None:
    response = client.get(filled(path, world))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in?next=/")


def test_unknown_things_answer_like_hidden_ones(
    world: World, as_user: Callable[[User], Client], stranger: User
) -> None:
    client = as_user(stranger)
    hidden = client.get("/models/main/fraud-score").content
    assert client.get("/models/main/no-such-model").content == hidden
    assert client.get("/models/elsewhere/fraud-score").content == hidden


@pytest.mark.parametrize("path", ["/models/main/a%00", "/models?q=%00", "/runs/a%00"])
def test_a_name_with_a_nul_is_nobodys(
    world: World, as_user: Callable[[User], Client], scientist: User, path: str
) -> None:
    assert as_user(scientist).get(path).status_code == 404
