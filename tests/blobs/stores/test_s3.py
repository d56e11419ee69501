"""What the object store says when its server is away, refuses us, or is badly named."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.exceptions import ImproperlyConfigured

from blobs.stores.s3 import S3Store
from lib.errors import TooLarge, Unavailable

DIGEST = "a" * 64


@pytest.mark.parametrize(
    "url", ["s3://", "https://bucket", "s3://bucket?endpint=http://typo", "bucket", "s3:///bucket?region=here"]
)
def test_a_badly_written_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL"):
        S3Store.from_url(url, "", "")


def test_a_server_that_is_away_is_told() -> None:
    store = S3Store.from_url("s3://bucket?endpoint=http://127.0.0.1:1", "key", "secret")
    with pytest.raises(Unavailable, match="does not answer"):
        store.exists(DIGEST)
    with pytest.raises(Unavailable, match="does not answer"):
        store.open(DIGEST)
    with store.begin() as incoming:
        received = incoming.finish()
        with pytest.raises(Unavailable, match="does not answer"):
            store.publish(incoming, received)


class Quitter(BaseHTTPRequestHandler):
    """Announces ten bytes and hangs up after four."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"weig")

    def log_message(self, *words: object) -> None: ...


def test_an_answer_that_breaks_off_is_not_taken_for_the_end() -> None:
    with HTTPServer(("127.0.0.1", 0), Quitter) as server:
        Thread(target=server.handle_request, daemon=True).start()
        store = S3Store.from_url(f"s3://bucket?endpoint=http://127.0.0.1:{server.server_port}", "key", "secret")
        with store.open(DIGEST) as file, pytest.raises(Unavailable, match="does not answer"):
            file.read()


@pytest.mark.needs("s3")
def test_a_wrong_secret_is_told() -> None:
    store = S3Store.from_url(os.environ["STORAGE_URL"], os.environ["S3_ACCESS_KEY_ID"], "wrong")
    with pytest.raises(Unavailable, match="refuses"):
        store.size(DIGEST)
    with pytest.raises(Unavailable, match="SignatureDoesNotMatch"):
        store.open(DIGEST)


@pytest.mark.needs("s3")
def test_a_bucket_that_is_not_there_is_not_taken_for_an_empty_one() -> None:
    url = os.environ["STORAGE_URL"].replace("s3://gatehouse", "s3://nowhere", 1)
    store = S3Store.from_url(url, os.environ["S3_ACCESS_KEY_ID"], os.environ["S3_SECRET_ACCESS_KEY"])
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        store.open(DIGEST)
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        list(store.stored())


@pytest.mark.needs("s3")
def test_a_file_of_too_many_parts_is_refused_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blobs.stores.s3.PARTS", 1)
    store = S3Store.from_url(
        os.environ["STORAGE_URL"].replace("?", "/parts?", 1),
        os.environ["S3_ACCESS_KEY_ID"],
        os.environ["S3_SECRET_ACCESS_KEY"],
    )
    store.part = 5 * 1024 * 1024
    with store.begin() as incoming, pytest.raises(TooLarge):
        incoming.write(bytes(11 * 1024 * 1024))
    assert not store.client.list_multipart_uploads(Bucket="gatehouse", Prefix=store.prefix).get("Uploads")
