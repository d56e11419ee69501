"""Whoever may not read or write gets and changes no byte, at any address and by any id; raw requests."""

import json
import os

import pytest

from tests.protocols.mlflow_rest.hostile_place import API, MPU, PRESIGNED, PROXY, Place, place, untouched

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("STORAGE_URL")), reason="the server of these tests has files and SQLite in any stack"
)

__all__ = ["place", "untouched"]


@pytest.mark.parametrize("who", ["stranger", "neighbour", "onlooker"])
def test_who_may_not_read_gets_no_byte(place: Place, who: str) -> None:
    model = f"0/models/{place.model_id}/artifacts/kept.txt"
    expected = 403 if who == "onlooker" else 404
    for target in (
        f"{PROXY}/{place.root}/model/kept.txt",
        f"/ajax-api{PROXY[4:]}/{place.root}/model/kept.txt",
        f"{PROXY}/{model}",
        f"{PROXY}/versions/main/iris/1/kept.txt",
        f"{PRESIGNED}/{place.root}/model/kept.txt",
        f"{PRESIGNED}/{model}",
        f"{PRESIGNED}/versions/main/iris/1/kept.txt",
        f"/get-artifact?run_id={place.run_id}&path=model/kept.txt",
        "/model-versions/get-artifact?name=iris&version=1&path=kept.txt",
        f"/ajax-api/2.0/mlflow/logged-models/{place.model_id}/artifacts/files?artifact_file_path=kept.txt",
    ):
        for method in ("GET", "HEAD"):
            answer = place.send(method, target, who=who, headers={"X-HTTP-Method-Override": "PUT"})
            assert answer.status == expected, (method, target)
            assert b"kept\n" not in answer.body
            assert answer.body != b"kept"
    link = place.call("artifacts/presigned-download-url", who=who, run_id=place.run_id, path="model/kept.txt")
    assert link.status == expected
    if who != "onlooker":
        for query in (f"{PROXY}?path={place.root}", f"{API}/artifacts/list?run_id={place.run_id}"):
            assert place.send("GET", query, who=who).status == 404
        assert place.send("GET", f"{PROXY}?path=versions/main/iris/1", who=who).status == 404


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("who", ["stranger", "neighbour", "onlooker", "reader"])
def test_who_may_not_write_changes_no_byte(place: Place, who: str) -> None:
    expected = 403 if who in ("onlooker", "reader") else 404
    for owner in (place.root, f"0/models/{place.model_id}/artifacts"):
        for method in ("PUT", "DELETE"):
            for name in ("model/kept.txt", "kept.txt", "new.txt"):
                body = b"evil" if method == "PUT" else None
                assert place.send(method, f"{PROXY}/{owner}/{name}", who=who, body=body).status == expected
        for step in ("create", "complete", "abort"):
            fields = {"path": "kept.txt", "num_parts": 1, "upload_id": "0" * 32}
            body = json.dumps({**fields, "parts": [{"part_number": 1, "etag": "x"}]}).encode()
            answer = place.send(
                "POST", f"{MPU}/{step}/{owner}/model", who=who, body=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status == expected, (owner, step)
    for name in ("kept.txt", "new.txt"):
        answer = place.send("PUT", f"{PROXY}/versions/main/iris/1/{name}", who=who, body=b"evil")
        assert answer.status == expected
    upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={place.run_id}&path=kept.txt"
    assert place.send("POST", upload, who=who, body=b"evil").status == expected
    link = place.call("artifacts/presigned-upload-url", who=who, run_id=place.run_id, path="kept.txt")
    assert link.status >= 400


@pytest.mark.usefixtures("untouched")
def test_an_id_counts_only_where_it_belongs(place: Place) -> None:
    foreign = place.call("experiments/create", registry="other", name="elsewhere").json["experiment_id"]
    for method in ("GET", "PUT", "DELETE"):
        body = b"evil" if method == "PUT" else None
        for target in (
            f"{PROXY}/{foreign}/{place.run_id}/artifacts/model/kept.txt",
            f"{PROXY}/{foreign}/models/{place.model_id}/artifacts/kept.txt",
            f"/r/other{PROXY}/{place.root}/model/kept.txt",
            f"/r/other{PROXY}/0/models/{place.model_id}/artifacts/kept.txt",
            f"/r/other{PROXY}/versions/main/iris/1/kept.txt",
            f"{PROXY}/versions/other/iris/1/kept.txt",
        ):
            assert place.send(method, target, body=body).status == 404, (method, target)
    for target in (
        f"/r/other/get-artifact?run_id={place.run_id}&path=model/kept.txt",
        "/r/other/model-versions/get-artifact?name=iris&version=1&path=kept.txt",
        f"/r/other/ajax-api/2.0/mlflow/logged-models/{place.model_id}/artifacts/files?artifact_file_path=kept.txt",
        f"/r/other{PRESIGNED}/{place.root}/model/kept.txt",
    ):
        assert place.send("GET", target).status == 404, target
