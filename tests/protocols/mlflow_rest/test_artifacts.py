"""The artifact proxy under good and bad paths, ranges and rights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import Registry, User
from accounts.queries import system_user
from accounts.rights import Role
from blobs.models import Blob, FolderFile
from lib import digests
from lib.downloads import attachment
from lib.errors import Invalid
from protocols.mlflow_rest.routes import Call
from protocols.mlflow_rest.views import artifacts
from registry.models import ModelVersion
from tests.factories.tracking import new_logged_model, new_run
from tests.protocols.mlflow_rest.conftest import Ask
from tracking.models import Run

pytestmark = pytest.mark.django_db
PROXY = "/api/2.0/mlflow-artifacts/artifacts"

HOSTILE = [
    "../../x",
    "a/../../x",
    "..\\..\\x",
    "/abs/x",
    "C:\\x",
    "C:/x",
    "a//b",
    ".",
    "a/./b",
    "",
    "a\0b",
    "x" * 5000,
    "%2e%2e%2fx",
    "%252e%252e%252fx",
    "..%5cx",
    "%c0%ae%c0%ae/x",
    "．．/x",
    "a#b",
    "a?b",
    "a\nb",
    "x/",
]


@pytest.fixture
def run(registry: Registry, scientist: User) -> Run:
    return new_run(registry, actor=scientist)


@pytest.fixture
def root(run: Run) -> str:
    return f"0/{run.run_id}/artifacts"


def quoted(path: str) -> str:
    return quote(path, safe="/")


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def stored_files() -> list[Path]:
    return [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file() and "sqlite" not in path.name]


def test_a_file_goes_in_and_comes_out(ask: Ask, root: str) -> None:
    content = bytes(range(256)) * 5000
    assert ask("PUT", f"{PROXY}/{root}/m/x.bin", body=content, content_type="application/octet-stream").json() == {}
    response = ask("GET", f"{PROXY}/{root}/m/x.bin")
    assert content_of(response) == content
    assert response["Content-Length"] == str(len(content))
    assert response["ETag"] == f'"{digests.of_bytes(content)}"'
    assert response["Content-Disposition"] == 'attachment; filename="x.bin"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response["Content-Type"] == "application/octet-stream"
    head = ask("HEAD", f"{PROXY}/{root}/m/x.bin")
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", str(len(content)))


def test_a_small_file_costs_few_queries(
    ask: Ask, root: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ask("PUT", f"{PROXY}/{root}/m/first.bin", body=b"first")
    # The token, the run, the right; inside savepoints of the test: the lock, the blob, what is in the way, the file.
    with django_assert_max_num_queries(9):
        assert ask("PUT", f"{PROXY}/{root}/m/x.bin", body=b"second").status_code == 200
    with django_assert_max_num_queries(4):
        assert content_of(ask("GET", f"{PROXY}/{root}/m/x.bin")) == b"second"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-3", (206, b"0123", "bytes 0-3/10")),
        ("bytes=8-", (206, b"89", "bytes 8-9/10")),
        ("bytes=-3", (206, b"789", "bytes 7-9/10")),
        ("bytes=-99", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=5-99", (206, b"56789", "bytes 5-9/10")),
        ("bytes=10-", (416, b"", "bytes */10")),
        ("bytes=-0", (416, b"", "bytes */10")),
        ("bytes=5-2", (200, b"0123456789", None)),
        ("bytes=0-1,4-5", (200, b"0123456789", None)),
        ("items=0-1", (200, b"0123456789", None)),
        ("bytes=x-", (200, b"0123456789", None)),
    ],
)
def test_ranges(ask: Ask, root: str, header: str, expected: tuple[int, bytes, str | None]) -> None:
    ask("PUT", f"{PROXY}/{root}/x", body=b"0123456789")
    response = ask("GET", f"{PROXY}/{root}/x", headers={"Range": header})
    assert (response.status_code, content_of(response), response.get("Content-Range")) == expected


def test_known_content_is_not_sent_again(ask: Ask, root: str) -> None:
    ask("PUT", f"{PROXY}/{root}/x", body=b"0123456789")
    etag = f'"{digests.of_bytes(b"0123456789")}"'
    assert ask("GET", f"{PROXY}/{root}/x", headers={"If-None-Match": etag}).status_code == 304
    other = ask("GET", f"{PROXY}/{root}/x", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (other.status_code, content_of(other)) == (200, b"0123456789")


def test_an_empty_file_without_a_length_is_taken(ask: Ask, root: str, scientist: User) -> None:
    assert ask("PUT", f"{PROXY}/{root}/empty", body=b"").status_code == 200
    assert ask("GET", f"{PROXY}/{root}", actor=scientist).status_code == 400
    assert FolderFile.objects.get().blob.size == 0


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_paths_store_and_remove_nothing(ask: Ask, root: str, path: str) -> None:
    ask("PUT", f"{PROXY}/{root}/keep.txt", body=b"keep")
    before = stored_files()
    for form in {quoted(path), quoted(quoted(path))}:
        for method in ("PUT", "DELETE", "GET"):
            for where in (f"{PROXY}/{root}/{form}", f"{PROXY}/{form}"):
                if method == "DELETE" and path in ("x/", ""):
                    continue
                response = ask(method, where, body=b"evil" if method == "PUT" else None)
                assert response.status_code in (400, 404), (method, where)
                assert response.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
        listed = ask("GET", f"{PROXY}?path={quoted(root + '/' + path)}" if path else f"{PROXY}?path=")
        assert listed.status_code in (200, 400, 404)
        assert "root:" not in listed.content.decode()
    assert stored_files() == before
    assert [file.path for file in FolderFile.objects.all()] == ["keep.txt"]


def test_a_cut_upload_leaves_nothing(ask: Ask, root: str) -> None:
    request = RequestFactory().put(f"/{root}/x", b"12345", content_type="application/octet-stream")
    request.META["CONTENT_LENGTH"] = "10"
    with pytest.raises(Invalid, match="5 bytes came"):
        artifacts.put(Call(request, system_user(), None), f"{root}/x")
    assert not FolderFile.objects.exists()
    assert not Blob.objects.exists()


def test_folders_are_listed_and_removed(ask: Ask, root: str) -> None:
    for name in ("a/b/1.txt", "a/2.txt", "top.txt"):
        ask("PUT", f"{PROXY}/{root}/{name}", body=name.encode())
    listed = ask("GET", PROXY, path=root).json()["files"]
    assert listed == [{"path": "a", "is_dir": True}, {"path": "top.txt", "is_dir": False, "file_size": 7}]
    assert ask("GET", PROXY, path=f"{root}/nothing").json() == {}
    assert ask("GET", f"{PROXY}/{root}/a").status_code == 400
    run_id = root.split("/")[1]
    by_run = ask("GET", "artifacts/list", run_id=run_id, path="a").json()
    assert [file["path"] for file in by_run["files"]] == ["a/2.txt", "a/b"]
    assert by_run["root_uri"] == f"mlflow-artifacts:/{root}"
    assert ask("GET", "artifacts/list", run_id=run_id, path="../x").status_code == 400
    assert ask("DELETE", f"{PROXY}/{root}/a").json() == {}
    assert ask("DELETE", f"{PROXY}/{root}/a").json() == {}
    assert [file.path for file in FolderFile.objects.all()] == ["top.txt"]


def test_rights_are_asked_before_the_body_is_read(
    ask: Ask, root: str, registry: Registry, member: Callable[..., User], stranger: User
) -> None:
    ask("PUT", f"{PROXY}/{root}/x", body=b"x")
    reader, onlooker = member(Role.READER, registry), member(Role.METADATA_READER, registry)
    for actor, method, status in (
        (reader, "GET", 200),
        (reader, "PUT", 403),
        (reader, "DELETE", 403),
        (onlooker, "GET", 403),
        (stranger, "GET", 404),
        (stranger, "PUT", 404),
        (stranger, "DELETE", 404),
    ):
        body = b"y" if method == "PUT" else None
        response = ask(method, f"{PROXY}/{root}/x", actor=actor, body=body)
        assert response.status_code == status, (actor, method)
        content_of(response)
    assert ask("GET", PROXY, path=root, actor=onlooker).json()["files"][0]["path"] == "x"
    assert Blob.objects.count() == 1


def test_a_path_names_its_own_experiment(ask: Ask, run: Run) -> None:
    assert ask("PUT", f"{PROXY}/1/{run.run_id}/artifacts/x", body=b"x").status_code == 404
    model = new_logged_model(run.experiment, actor=run.created_by)
    assert ask("PUT", f"{PROXY}/1/models/{model.model_id}/artifacts/x", body=b"x").status_code == 404
    assert ask("PUT", f"{PROXY}/0/models/{model.model_id}/artifacts/x", body=b"x").status_code == 200
    files = ask("GET", f"logged-models/{model.model_id}/artifacts/directories").json()["files"]
    assert files == [{"path": "x", "is_dir": False, "file_size": 1}]


def test_the_files_of_a_version_are_read_and_never_written(ask: Ask, version: ModelVersion, stranger: User) -> None:
    place = f"{PROXY}/versions/main/iris/1"
    response = ask("GET", f"{place}/weights.txt")
    assert content_of(response) == b"1 2 3"
    assert ask("GET", PROXY, path="versions/main/iris/1").json()["files"][0]["path"] == "weights.txt"
    assert ask("PUT", f"{place}/weights.txt", body=b"evil").status_code == 403
    assert ask("PUT", f"{place}/new.txt", body=b"evil").status_code == 403
    assert ask("DELETE", f"{place}/weights.txt").status_code == 403
    for path in ("versions/main/iris/2/weights.txt", "versions/lab/iris/1/weights.txt", "versions/main/oak/1/x"):
        assert ask("GET", f"{PROXY}/{path}").status_code == 404
    assert ask("GET", f"{place}/weights.txt", actor=stranger).status_code == 404


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("x.txt", 'attachment; filename="x.txt"'),
        (
            'a"b\r\nSet-Cookie: x.txt',
            "attachment; filename=\"a_b__Set-Cookie_ x.txt\"; filename*=UTF-8''a%22b%0D%0ASet-Cookie%3A%20x.txt",
        ),
        ("größe.txt", "attachment; filename=\"gr__e.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt"),
    ],
)
def test_a_name_cannot_reach_into_the_headers(name: str, header: str) -> None:
    assert attachment(name) == header
