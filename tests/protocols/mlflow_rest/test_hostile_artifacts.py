"""Published failures of registries, tried on the artifact addresses: no name leads anywhere but into its own folder.

The server's folder and the one above it are listed before and after.
"""

import os
import socket
from stat import S_ISDIR, S_ISREG
from urllib.parse import quote, urlencode

import pytest

from tests.protocols.mlflow_rest.hostile_place import API, MPU, PRESIGNED, PROXY, Place, place, untouched

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("STORAGE_URL")), reason="the server of these tests has files and SQLite in any stack"
)

__all__ = ["place", "untouched"]

PREFIXES = ["", "/api/2.0", "/ajax-api/2.0", PROXY, PRESIGNED, f"/ajax-api{PROXY[4:]}", "/r/main", f"/r/main{PROXY}"]
PREFIXES += ["/get-artifact", "/model-versions/get-artifact", "/static", "/admin", "/api/v1", "/models/main"]

TRAVERSALS = [
    "../../x",
    "a/../../x",
    "../../../../../../etc/passwd",
    "..\\..\\x",
    "/abs/x",
    "//x",
    "C:\\x",
    "C:/x",
    "a//b",
    ".",
    "..",
    "a/./b",
    "a\0b",
    "a\nb",
    "x" * 5000,
    "..;/x",
    "a/..;/../x",
]
# Sent as they stand: some of them decode to a traversal, others only if somebody decodes once more.
ENCODED = [
    "%2e%2e%2f%2e%2e%2fx",
    "%2e%2e/%2e%2e/x",
    "..%2f..%2fx",
    "%252e%252e%252fx",
    "%25252e%25252e%25252fx",
    "..%5c..%5cx",
    "..%255cx",
    "%c0%ae%c0%ae/x",
    "%c0%ae%c0%ae%c0%afx",
    "%ef%bc%8e%ef%bc%8e/x",
    "%ef%bc%8e%ef%bc%8e%ef%bc%8fx",
    "%2fetc/passwd",
    "%2F%2F%2F..%2F..%2Fetc%2Fpasswd",
    "a%00b",
    "a%0d%0aX-Evil:%20yes",
    "a%23/../../x",
    "file:%2f%2f/etc/passwd",
]


def quoted(name: str) -> str:
    return quote(name, safe="/\\:;.")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
@pytest.mark.parametrize("name", [*map(quoted, TRAVERSALS), *(quote(name, safe="") for name in TRAVERSALS), *ENCODED])
def test_no_name_leads_elsewhere(place: Place, name: str, method: str) -> None:
    body = b"evil" if method == "PUT" else None
    version = "versions/main/iris/1"
    for target in (f"{PROXY}/{place.root}/{name}", f"{PROXY}/{name}", f"{PROXY}/{version}/{name}"):
        for address in (target, f"/ajax-api{target[4:]}", f"/r/main{target}"):
            answer = place.send(method, address, body=body)
            assert answer.status in (400, 404) or (answer.status == 403 and version in address), (address, answer)
            assert b"root:" not in answer.body


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_no_name_is_no_file(place: Place, method: str) -> None:
    body = b"evil" if method == "PUT" else None
    for target in (f"{PROXY}/", PROXY, f"{PROXY}/0", f"{PROXY}/0/{place.run_id}", f"{PROXY}/{place.root}/x/"):
        assert place.send(method, target, body=body).status in (400, 404, 405), target
    assert place.send("PUT", f"{PROXY}/{place.root}", body=b"evil").status == 400
    assert place.send("PUT", f"{PROXY}/{place.root}/", body=b"evil").status == 400


def test_a_file_takes_the_place_of_no_folder(place: Place) -> None:
    for name in ("model", "model/kept.txt/x"):
        assert place.send("PUT", f"{PROXY}/{place.root}/{name}", body=b"evil").status == 400
    assert place.send("GET", f"{PROXY}/{place.root}/model/kept.txt").body == b"kept"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", [*map(quoted, TRAVERSALS), *ENCODED, "/etc/passwd", "file:///etc/passwd"])
def test_no_parameter_leads_elsewhere(place: Place, name: str) -> None:
    for query in (
        f"{PROXY}?path={name}",
        f"{PROXY}?path={place.root}/{name}",
        f"{API}/artifacts/list?run_id={place.run_id}&path={name}",
        f"{API}/logged-models/{place.model_id}/artifacts/directories?artifact_directory_path={name}",
    ):
        answer = place.send("GET", query)
        # What is a plain name after one decoding is a folder that is not there.
        assert answer.status in (400, 404) or "files" not in answer.json, (query, answer)
        assert b"root:" not in answer.body
    for query in (
        f"/get-artifact?run_id={place.run_id}&path={name}",
        f"/get-artifact?run_uuid={place.run_id}&path={name}",
        f"/model-versions/get-artifact?name=iris&version=1&path={name}",
        f"/ajax-api/2.0/mlflow/logged-models/{place.model_id}/artifacts/files?artifact_file_path={name}",
        f"{PRESIGNED}/{place.root}/{name}",
    ):
        assert place.send("GET", query).status in (400, 404), query
    upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={place.run_id}&path={name}"
    assert place.send("POST", upload, body=b"evil").status in (400, 404)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    "name", ["%2F%2F%2F..%2F..%2Fetc%2Fpasswd", "..%2f..%2f..%2fetc/passwd", "../../../etc/passwd"]
)
def test_encoded_slashes_lead_nowhere_below_any_prefix(place: Place, prefix: str, name: str) -> None:
    assert place.send("GET", f"{prefix}/{name}").is_refused
    assert place.send("GET", f"{prefix}{name}").is_refused


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "source",
    [
        "http:///#/../../etc",
        "x;/../../etc",
        "mlflow-artifacts:/;/../../etc",
        "mlflow-artifacts:/#/../../etc",
        "file:///etc",
        "//proc/self/root",
        "/etc",
        "./..",
        "runs:/{run}/../../etc",
        "runs:/{run}/%2e%2e/etc",
        "mlflow-artifacts:/{root}/../../..",
        "s3://bucket/../../etc",
    ],
)
def test_no_source_leads_elsewhere(place: Place, source: str) -> None:
    source = source.format(run=place.run_id, root=place.root)
    answer = place.call("model-versions/create", name="iris", source=source)
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert place.send("GET", "/model-versions/get-artifact?name=iris&version=2&path=passwd").status == 404
    assert place.send("GET", f"{PROXY}/versions/main/iris/2/passwd").status == 404


def test_nothing_in_the_store_is_a_link_and_no_link_is_followed(place: Place) -> None:
    secret = place.tree.folder / "sentinel" / "x"
    archive = b"".join(
        [b"link".ljust(100, b"\0"), b"0000777\0" * 3, b"00000000000\0" * 2, b" " * 8, b"2", str(secret).encode()]
    ).ljust(1024, b"\0")
    assert place.send("PUT", f"{PROXY}/{place.root}/links/links.tar", body=archive).status == 200
    files = [path for path in place.store.rglob("*") if not S_ISDIR(path.lstat().st_mode)]
    assert files
    assert all(S_ISREG(path.lstat().st_mode) and path.lstat().st_nlink == 1 for path in files)
    planted = "links/planted.bin"
    assert place.send("PUT", f"{PROXY}/{place.root}/{planted}", body=b"to be replaced").status == 200
    [blob] = [path for path in place.store.rglob("*") if path.is_file() and path.read_bytes() == b"to be replaced"]
    blob.unlink()
    blob.symlink_to(secret)
    answer = place.send("GET", f"{PROXY}/{place.root}/{planted}")
    assert answer.status == 404
    assert b"still here" not in answer.body
    # The same bytes again heal it.
    assert place.send("PUT", f"{PROXY}/{place.root}/{planted}", body=b"to be replaced").status == 200
    assert place.send("GET", f"{PROXY}/{place.root}/{planted}").body == b"to be replaced"
    assert secret.read_text() == "still here"
    assert not blob.is_symlink()


@pytest.mark.parametrize(
    ("name", "plain"),
    [('a"b.txt', "a_b.txt"), ("größe.bin", "gr__e.bin"), ("a;b=c.txt", None), ("a b.txt", None)],
)
def test_a_name_stays_inside_its_header(place: Place, name: str, plain: str | None) -> None:
    target = f"{PROXY}/{place.root}/names/{quote(name)}"
    assert place.send("PUT", target, body=b"x").status == 200
    for address in (target, f"/get-artifact?run_id={place.run_id}&path=names/{quote(name)}"):
        answer = place.send("GET", address)
        header = answer.headers["content-disposition"]
        assert header.isascii()
        assert header.startswith(f'attachment; filename="{plain or name}"')
        assert "/" not in header
        assert header.count('"') == 2
        assert (plain is None) == ("filename*" not in header)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.usefixtures("untouched")
def test_nothing_that_was_sent_comes_back_as_a_page(place: Place) -> None:
    script = "<script>alert(1)</script>"
    for method, target, body in (
        ("PUT", f"{PROXY}/{place.root}/..%2f{quote(script)}", b"x"),
        ("GET", f"{PROXY}/{place.root}/{quote(script)}", None),
        ("GET", f"{PROXY}?{urlencode({'path': script})}", None),
        ("GET", f"/get-artifact?{urlencode({'run_id': script, 'path': script})}", None),
        ("GET", f"/model-versions/get-artifact?{urlencode({'name': script, 'version': script, 'path': 'x'})}", None),
        ("POST", f"{MPU}/create/{place.root}", script.encode()),
        ("POST", f"{API}/artifacts/presigned-download-url", script.encode()),
        ("POST", f"{MPU}/{quote(script)}/x", b"{}"),
    ):
        answer = place.send(method, target, body=body, headers={"Content-Type": script})
        assert answer.status in (400, 404), target
        assert answer.headers["content-type"] == "application/json", target
        assert isinstance(answer.json["error_code"], str)


def test_the_addresses_outside_the_prefixes_give_files(place: Place) -> None:
    for target in (
        f"/get-artifact?run_uuid={place.run_id}&path=model/kept.txt",
        f"/get-artifact?run_id={place.run_id}&path=model/kept.txt",
        "/model-versions/get-artifact?name=iris&version=1&path=kept.txt",
        "/r/main/model-versions/get-artifact?name=iris&version=1&path=kept.txt",
        f"/ajax-api/2.0/mlflow/logged-models/{place.model_id}/artifacts/files?artifact_file_path=kept.txt",
    ):
        answer = place.send("GET", target)
        assert (answer.status, answer.body) == (200, b"kept"), target
        assert answer.headers["content-disposition"] == 'attachment; filename="kept.txt"'
    for target in (
        "/get-artifact?path=x",
        f"/get-artifact?run_id={place.run_id}",
        "/model-versions/get-artifact?path=x",
    ):
        assert place.send("GET", target).status == 400, target
    assert place.send("GET", f"/get-artifact?run_id={place.run_id}&path=model").status == 400


def test_pages_of_mlflow_upload_small_files(place: Place) -> None:
    upload = "/ajax-api/2.0/mlflow/upload-artifact"
    target = f"{upload}?run_uuid={place.run_id}&path=notes/a.txt"
    assert place.send("POST", target, body=b"by hand").status == 200
    assert place.send("GET", f"{PROXY}/{place.root}/notes/a.txt").body == b"by hand"
    for wrong, words in (
        (f"{upload}?path=x", "run_uuid"),
        (f"{upload}?run_uuid={place.run_id}", "path"),
    ):
        answer = place.send("POST", wrong, body=b"x")
        assert (answer.status, words in answer.json["message"]) == (400, True)
    assert place.send("POST", target, body=b"").json["message"] == "Request must specify data."
    answer = place.send("POST", target, body=bytes(10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["message"]) == (400, "Artifact size is too large. Max size is 10MB.")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Length": "-1"}, b"evil"),
        ({"Content-Length": "4, 4"}, b"evil"),
        ({"Content-Length": "+4"}, b"evil"),
        ({"Content-Length": "400"}, b"evil"),
        ({"Transfer-Encoding": "chunked"}, b"4\r\nevil\r\n0\r\n\r\n"),
        ({"Transfer-Encoding": "chunked"}, b"4\r\nevil\r\n"),
        ({"Transfer-Encoding": "chunked"}, b"40\r\nevil"),
    ],
)
def test_a_body_of_doubtful_length_stores_nothing(place: Place, headers: dict[str, str], body: bytes) -> None:
    lines = {"Host": "127.0.0.1", "Connection": "close", "Authorization": f"Bearer {place.tokens['ada']}"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", place.tree.port), timeout=60) as connection:
        connection.sendall(f"PUT {PROXY}/{place.root}/model/kept.txt HTTP/1.1\r\n{head}\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1000)
    assert answer.startswith(b"HTTP/1.1 400") or answer == b""
