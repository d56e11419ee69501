"""A verdict is about bytes, and no moment lets other bytes through: published failure 40, on a running server."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from tests.protocols.mlflow_rest.hostile_place import PROXY
from tests.security.conftest import Server
from tests.security.test_scanning import SLOW, put, register, scan_of, verdict, wait

EVIL = b"cos\nsystem\n(S'true'\ntR."


def version_path(name: str, number: int) -> str:
    return f"registries/main/models/{name}/versions/{number}"


def ask_for_production(server: Server, name: str, number: int) -> Any:
    """A review that asks for Production, as its asker sees it."""
    asked = {"version": {"registry": "main", "name": name, "version": number}, "stage": "Production"}
    answer = server.api("ada", "POST", "reviews", asked)
    assert answer.status == 201, answer
    return answer.json


def approve(server: Server, who: str, review: Any) -> int:
    said = {"verdict": "approve", "comment": "Good.", "seen_digest": review["subject_digest"]}
    return server.api(who, "POST", f"reviews/{review['id']}/decisions", said).status


def stands_at(server: Server, name: str, stage: str) -> list[int]:
    """The versions that stand at a stage now."""
    rows = server.api("boss", "GET", f"registries/main/models/{name}/history?page_size=100").json["results"]
    return [row["version"] for row in rows if row["stage"] == stage and row["closed_at"] is None]


def test_what_is_replaced_after_the_scan_is_not_what_goes_live(server: Server) -> None:
    put(server, "swapped/model.txt", b"what was scanned")
    number = register(server, "swapped", "swapped")
    assert verdict(server, "swapped", number) == "clean"
    review = ask_for_production(server, "swapped", number)
    put(server, "swapped/model.txt", EVIL)
    put(server, "swapped/more.pkl", EVIL)
    assert approve(server, "boss", review) == 201
    wait(lambda: stands_at(server, "swapped", "Production") == [number])
    listed = server.api("reader", "GET", f"{version_path('swapped', number)}/files").json["results"]
    assert [file["path"] for file in listed] == ["model.txt"]
    file = server.api("reader", "GET", f"{version_path('swapped', number)}/files/model.txt")
    assert file.body == b"what was scanned"
    # The run has other bytes now, and a version of them is another version.
    again = register(server, "swapped", "swapped")
    assert verdict(server, "swapped", again) == "unsafe"
    assert server.api("boss", "POST", f"{version_path('swapped', again)}/moves", {"stage": "Production"}).status == 409
    assert stands_at(server, "swapped", "Production") == [number]


@pytest.mark.parametrize("who", ["ada", "keeper", "boss"])
def test_nobody_adds_a_file_to_a_version(server: Server, who: str) -> None:
    put(server, "sealed/model.txt", b"sealed")
    server.call("registered-models/create", name=f"sealed-{who}")
    number = register(server, f"sealed-{who}", "sealed")
    assert verdict(server, f"sealed-{who}", number) == "clean"
    before = server.api(who, "GET", f"{version_path(f'sealed-{who}', number)}/files").body
    place = f"{PROXY}/versions/main/sealed-{who}/{number}"
    for prefix in ("", "/r/main"):
        for path in ("evil.pkl", "model.txt", "folder/evil.pkl"):
            for method in ("PUT", "DELETE"):
                answer = server.send(method, f"{prefix}{place}/{path}", who=who, body=EVIL)
                assert answer.status in (400, 403, 404, 405), (method, path, answer)
    files = f"/api/v1/{version_path(f'sealed-{who}', number)}/files/evil.pkl"
    for method in ("PUT", "POST", "PATCH", "DELETE"):
        assert server.ask(method, files, token=server.tokens[who], body=EVIL).status in (403, 404, 405)
    assert server.api(who, "GET", f"{version_path(f'sealed-{who}', number)}/files").body == before
    assert scan_of(server, f"sealed-{who}", number)["verdict"] == "clean"


def test_nothing_is_promoted_while_its_scan_runs(server: Server) -> None:
    put(server, "hasty/a.pkl", SLOW + b"y")
    number = register(server, "hasty", "hasty")
    wait(lambda: scan_of(server, "hasty", number)["verdict"] == "scanning")
    review = ask_for_production(server, "hasty", number)
    assert approve(server, "boss", review) == 201
    tried = []
    while scan_of(server, "hasty", number)["verdict"] == "scanning":
        moves = f"{version_path('hasty', number)}/moves"
        tried.append(server.api("boss", "POST", moves, {"stage": "Production"}).status)
        tried.append(server.api("boss", "POST", moves, {"alias": "champion"}).status)
        tried.append(server.api("boss", "POST", f"reviews/{review['id']}/carry-out").status)
        old = {"name": "hasty", "version": str(number), "stage": "Production"}
        tried.append(server.call("model-versions/transition-stage", who="boss", **old).status)
        assert stands_at(server, "hasty", "Production") == []
    assert tried
    assert {status // 100 for status in tried} == {4}
    assert scan_of(server, "hasty", number)["verdict"] == "unsafe"
    assert server.api("boss", "POST", f"reviews/{review['id']}/carry-out").status == 409
    assert stands_at(server, "hasty", "Production") == []


def test_of_two_approvals_at_once_one_moves(server: Server) -> None:
    put(server, "twice/model.txt", b"twice")
    number = register(server, "twice", "twice")
    assert verdict(server, "twice", number) == "clean"
    review = ask_for_production(server, "twice", number)
    with ThreadPoolExecutor() as people:
        answers = list(people.map(lambda who: approve(server, who, review), ["boss", "keeper"] * 2))
    assert 201 in answers
    assert set(answers) <= {201, 409}
    wait(lambda: stands_at(server, "twice", "Production") == [number])
    rows = server.api("boss", "GET", "registries/main/models/twice/history?page_size=100").json["results"]
    assert len([row for row in rows if row["stage"] == "Production"]) == 1


def test_of_two_moves_at_once_one_stands(server: Server) -> None:
    for name in ("first", "second"):
        put(server, f"race-{name}/model.txt", name.encode())
    numbers = [register(server, "race", "race-first"), register(server, "race", "race-second")]
    assert {verdict(server, "race", number) for number in numbers} == {"clean"}

    def move(number: int) -> int:
        return server.api("keeper", "POST", f"{version_path('race', number)}/moves", {"alias": "best"}).status

    with ThreadPoolExecutor() as people:
        answers = list(people.map(move, numbers * 4))
    assert set(answers) <= {200, 409}
    rows = server.api("boss", "GET", "registries/main/models/race/history?page_size=100").json["results"]
    held = sorted((row for row in rows if row["alias"] == "best"), key=lambda row: row["opened_at"])
    assert [row["closed_at"] is None for row in held] == [False] * (len(held) - 1) + [True]
    assert all(one["closed_at"] <= two["opened_at"] for one, two in pairwise(held))
