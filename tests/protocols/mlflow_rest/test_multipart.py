"""Uploads in parts and links to the object store, address by address."""

import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Registry, User
from accounts.rights import Role
from blobs.models import Blob, FolderFile, PartUpload
from blobs.operations import parts as part_operations
from blobs.operations.sweep import sweep
from blobs.stores import build, store
from lib import digests
from lib.errors import Unavailable
from registry.models import ModelVersion
from scanning.models import Verdict
from tests.factories.tracking import new_run
from tests.protocols.mlflow_rest.conftest import Ask
from tracking.models import Run

MIB = 1024 * 1024
MPU = "/api/2.0/mlflow-artifacts/mpu"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
PRESIGNED = "/api/2.0/mlflow-artifacts/presigned"
# The smallest parts that S3 takes.
PARTS = [bytes([65]) * (5 * MIB), bytes([66]) * (5 * MIB), b"the last part is short"]

in_a_store = pytest.mark.needs("s3")


@pytest.fixture
def run(registry: Registry, scientist: User) -> Run:
    return new_run(registry, actor=scientist)


@pytest.fixture
def root(run: Run) -> str:
    return f"0/{run.run_id}/artifacts"


@pytest.fixture(autouse=True)
def no_remains_of_other_tests() -> None:
    if settings.STORAGE_URL:
        store().sweep_incoming(older_than=timedelta(hours=-1))


class Sender:
    """An upload of PARTS as a client makes it, step by step."""

    def __init__(self, ask: Ask, root: str, name: str = "big.bin", folder: str = "model") -> None:
        self.ask = ask
        self.folder = f"{root}/{folder}"
        self.name = name
        answer = self.step("create", num_parts=len(PARTS)).json()
        self.upload_id = answer["upload_id"]
        self.links = [credential["url"] for credential in answer["credentials"]]
        assert [credential["part_number"] for credential in answer["credentials"]] == [1, 2, 3]
        self.parts: list[dict[str, Any]] = []

    def step(self, step: str, *, actor: User | None = None, **fields: Any) -> Any:
        who = {"actor": actor} if actor else {}
        return self.ask("POST", f"{MPU}/{step}/{self.folder}", path=f"/home/ada/{self.name}", **fields, **who)

    def send(self, parts: list[bytes] = PARTS) -> "Sender":
        for number, (link, part) in enumerate(zip(self.links, parts, strict=True), start=1):
            self.parts.append({"part_number": number, "etag": put(link, part), "url": link})
        return self

    def complete(self, **fields: Any) -> Any:
        return self.step("complete", **{"upload_id": self.upload_id, "parts": self.parts, **fields})

    def abort(self, **fields: Any) -> Any:
        return self.step("abort", **{"upload_id": self.upload_id, **fields})


def put(link: str, content: bytes) -> str:
    with urllib.request.urlopen(urllib.request.Request(link, data=content, method="PUT")) as answer:
        return str(answer.headers["ETag"])


def leftovers() -> list[str]:
    """What lies in the store under any name but a digest."""
    there: Any = store()
    objects = [path for path, _ in there._objects("incoming/")]
    return objects + [
        upload["Key"] for upload in there._pages("list_multipart_uploads", "Uploads", Prefix=there.prefix)
    ]


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.django_db
def test_a_store_without_parts_says_so_in_the_words_that_clients_know(ask: Ask, root: str) -> None:
    if settings.STORAGE_URL:
        pytest.skip("this store takes parts")
    answer = ask("POST", f"{MPU}/create/{root}", path="big.bin", num_parts=2)
    assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
    assert answer.json()["message"].startswith("Multipart upload is not supported for the current artifact repository")
    ask("PUT", f"{PROXY}/{root}/x", body=b"x")
    assert ask("GET", f"{PRESIGNED}/{root}/x").status_code == 501
    assert not PartUpload.objects.exists()


@pytest.mark.django_db
def test_rights_come_before_all_else(
    ask: Ask, root: str, registry: Registry, member: Callable[..., User], stranger: User
) -> None:
    ask("PUT", f"{PROXY}/{root}/x", body=b"x")
    onlooker = member(Role.METADATA_READER, registry)
    for step in ("create", "complete", "abort"):
        fields = {"path": "x", "num_parts": 1, "upload_id": "0" * 32, "parts": [{"part_number": 1, "etag": "x"}]}
        assert ask("POST", f"{MPU}/{step}/{root}", actor=stranger, **fields).status_code == 404
        assert ask("POST", f"{MPU}/{step}/{root}", actor=onlooker, **fields).status_code == 403
    assert ask("GET", f"{PRESIGNED}/{root}/x", actor=stranger).status_code == 404
    assert ask("GET", f"{PRESIGNED}/{root}/x", actor=onlooker).status_code == 403
    run_id = root.split("/")[1]
    link = "artifacts/presigned-download-url"
    assert ask("POST", link, actor=stranger, run_id=run_id, path="x").status_code == 404
    assert ask("POST", link, actor=onlooker, run_id=run_id, path="x").status_code == 403
    assert ask("POST", "artifacts/presigned-upload-url", run_id=run_id, path="x").status_code == 501


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["..", "a/..\\..", ".", "", "/", "a\0b", "%2e%2e", "x" * 5000, "．．", "C:"])
def test_hostile_names_begin_nothing(ask: Ask, root: str, path: str) -> None:
    for step in ("create", "complete", "abort"):
        fields = {"num_parts": 1, "upload_id": "0" * 32, "parts": [{"part_number": 1, "etag": "x"}]}
        assert ask("POST", f"{MPU}/{step}/{root}", path=path, **fields).status_code == 400
    assert not PartUpload.objects.exists()


@in_a_store
@pytest.mark.django_db
def test_parts_become_one_file_under_its_digest(ask: Ask, root: str) -> None:
    sender = Sender(ask, root).send()
    assert ask("GET", PROXY, path=f"{root}/model").json() == {}
    assert not Blob.objects.exists()
    assert sender.complete().json() == {}
    file = FolderFile.objects.select_related("blob").get()
    assert (file.path, file.blob.sha256) == ("model/big.bin", digests.of_bytes(b"".join(PARTS)))
    assert file.blob.size == len(b"".join(PARTS))
    assert content_of(ask("GET", f"{PROXY}/{root}/model/big.bin")) == b"".join(PARTS)
    assert leftovers() == []
    # The answer got lost, and the client asks again.
    assert sender.complete().json() == {}
    assert sender.abort().json() == {}
    assert FolderFile.objects.count() == 1
    with pytest.raises(urllib.error.HTTPError):
        put(sender.links[0], b"other bytes")


@in_a_store
@pytest.mark.django_db
def test_every_step_is_for_the_one_who_began(
    ask: Ask, root: str, registry: Registry, member: Callable[..., User], stranger: User
) -> None:
    sender = Sender(ask, root).send()
    colleague, superior = member(Role.CONTRIBUTOR, registry), member(Role.MAINTAINER, registry)
    for actor, status in ((stranger, 404), (colleague, 403), (superior, 404)):
        assert sender.complete(actor=actor).status_code == status
        assert sender.abort(actor=actor).status_code == status
    for other in (Sender(ask, root, name="other.bin"), Sender(ask, root, folder="elsewhere")):
        assert other.complete(upload_id=sender.upload_id, parts=sender.parts).status_code == 404
        assert other.abort(upload_id=sender.upload_id).status_code == 404
        other.abort()
    assert not FolderFile.objects.exists()
    assert sender.complete().status_code == 200
    assert content_of(ask("GET", f"{PROXY}/{root}/model/big.bin")) == b"".join(PARTS)


@in_a_store
@pytest.mark.django_db
def test_parts_that_did_not_arrive_are_refused_and_may_be_sent_again(ask: Ask, root: str) -> None:
    sender = Sender(ask, root).send()
    etags = [part["etag"] for part in sender.parts]
    for wrong in (
        sender.parts[:2],
        [*sender.parts, sender.parts[0]],
        [{**part, "part_number": part["part_number"] + 1} for part in sender.parts],
        [{**part, "etag": etags[0]} for part in sender.parts],
        [{**part, "etag": "a\r\nb"} for part in sender.parts],
        [],
    ):
        answer = sender.complete(parts=wrong)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), wrong
    assert not FolderFile.objects.exists()
    put(sender.links[1], PARTS[1])
    assert sender.complete().status_code == 200


@in_a_store
@pytest.mark.django_db
def test_what_is_given_up_leaves_nothing(ask: Ask, root: str) -> None:
    sender = Sender(ask, root).send()
    assert sender.abort().json() == {}
    assert leftovers() == []
    assert not PartUpload.objects.exists()
    assert sender.complete().status_code == 404
    with pytest.raises(urllib.error.HTTPError):
        put(sender.links[0], b"too late")
    assert not FolderFile.objects.exists()


@in_a_store
@pytest.mark.django_db
def test_what_a_killed_client_left_is_swept(ask: Ask, root: str, system: User) -> None:
    sender = Sender(ask, root).send()
    assert sweep(actor=system)["parts"] == 0
    assert leftovers() != []
    long_ago = timezone.now() - timedelta(days=3)
    PartUpload.objects.update(started_at=long_ago, seen_at=long_ago)
    assert sweep(actor=system)["parts"] == 1
    assert leftovers() == []
    assert sender.complete().status_code == 404


@in_a_store
@pytest.mark.django_db
@pytest.mark.parametrize("deed", ["swap", "remove"])
def test_a_body_that_changes_after_it_was_hashed_is_refused(
    ask: Ask, root: str, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with keys of the bucket works against us."""
    target: Any = store()
    publish = target.publish
    target.delete(digests.of_bytes(b"".join(PARTS)))

    def after_a_deed(incoming: Any, received: Any) -> None:
        address = target.address(f"incoming/{incoming.name}")
        if deed == "swap":
            target.client.put_object(**address, Body=b"evil")
        else:
            target.client.delete_object(**address)
        publish(incoming, received)

    sender = Sender(ask, root).send()
    monkeypatch.setattr(target, "publish", after_a_deed)
    answer = sender.complete()
    assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
    assert not FolderFile.objects.exists()
    assert not Blob.objects.exists()
    assert not target.exists(digests.of_bytes(b"".join(PARTS)))
    monkeypatch.undo()
    assert sender.abort().status_code == 200
    assert leftovers() == []


@in_a_store
@pytest.mark.django_db
def test_a_completion_that_died_is_brought_to_its_end_by_the_next(ask: Ask, root: str) -> None:
    sender = Sender(ask, root).send()
    upload = PartUpload.objects.get()
    etags = {part["part_number"]: part["etag"] for part in sender.parts}
    # The parts are joined in the store; then the process was killed.
    store().join_parts(upload.name, upload.mark, etags, progress=lambda: None)
    PartUpload.objects.update(state=PartUpload.State.JOINING, seen_at=timezone.now() - timedelta(minutes=3))
    assert sender.complete().status_code == 200
    assert content_of(ask("GET", f"{PROXY}/{root}/model/big.bin")) == b"".join(PARTS)
    assert leftovers() == []


@in_a_store
@pytest.mark.django_db
def test_a_completion_that_died_between_the_copy_and_the_row_is_brought_to_its_end_by_the_next(
    ask: Ask, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    sender = Sender(ask, root).send()
    monkeypatch.setattr(part_operations, "enter_blob", die)
    with pytest.raises(KeyboardInterrupt):
        sender.complete()
    monkeypatch.undo()
    PartUpload.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
    assert sender.complete().status_code == 200
    assert content_of(ask("GET", f"{PROXY}/{root}/model/big.bin")) == b"".join(PARTS)
    assert leftovers() == []


@in_a_store
@pytest.mark.django_db
def test_a_completion_that_is_refused_at_the_very_end_can_be_asked_for_again_at_once(
    ask: Ask, root: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(ask, root).send()
    settle = part_operations.settle_parts

    def refuse(*_: object, **__: object) -> bool:
        raise Unavailable("The database went away.")

    monkeypatch.setattr(part_operations, "settle_parts", refuse)
    assert sender.complete().status_code == 503
    monkeypatch.setattr(part_operations, "settle_parts", settle)
    assert sender.complete().status_code == 200
    assert leftovers() == []


@in_a_store
@pytest.mark.django_db
def test_whoever_asks_while_another_works_is_told_to_come_again(
    ask: Ask, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_operations, "PATIENCE", timedelta(seconds=1))
    sender = Sender(ask, root).send()
    PartUpload.objects.update(state=PartUpload.State.JOINING, seen_at=timezone.now())
    assert sender.complete().status_code == 503
    assert sender.abort().status_code == 200
    assert leftovers() == []


@in_a_store
@pytest.mark.django_db
def test_more_parts_than_the_store_takes_go_the_plain_way(ask: Ask, root: str) -> None:
    answer = ask("POST", f"{MPU}/create/{root}", path="big.bin", num_parts=10_001)
    assert answer.status_code == 501
    assert answer.json()["message"].startswith("Multipart upload is not supported")
    assert ask("POST", f"{MPU}/create/{root}", path="big.bin", num_parts=0).status_code == 400
    links = ask("POST", f"{MPU}/create/{root}", path="big.bin", num_parts=10_000).json()["credentials"]
    assert len({link["url"] for link in links}) == 10_000


@in_a_store
@pytest.mark.django_db
def test_a_link_leads_to_the_file_and_to_nothing_else(ask: Ask, root: str) -> None:
    ask("PUT", f"{PROXY}/{root}/a%22%0Ab.txt".replace("%0A", ""), body=b"0123456789")
    answer = ask("GET", f"{PRESIGNED}/{root}/a%22b.txt").json()
    assert (answer["headers"], answer["file_size"]) == ({}, 10)
    request = urllib.request.Request(answer["url"], headers={"Range": "bytes=2-4"})
    with urllib.request.urlopen(request) as reply:
        assert (reply.status, reply.read()) == (206, b"234")
        assert reply.headers["Content-Disposition"].startswith("attachment")
        assert reply.headers["Content-Type"].startswith("text/plain")
    assert "X-Amz-Expires=300" in answer["url"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        put(answer["url"], b"evil")
    by_run = ask("POST", "artifacts/presigned-download-url", run_id=root.split("/")[1], path='a"b.txt').json()
    assert by_run["presigned_url"].startswith("http")
    assert ask("GET", f"{PRESIGNED}/{root}/nothing").status_code == 404
    assert ask("GET", f"{PRESIGNED}/{root}").status_code == 400


@in_a_store
@pytest.mark.django_db
def test_no_link_leads_to_files_that_the_scan_found_unsafe(
    ask: Ask, version: ModelVersion, judge: Callable[..., Any], maintainer: User
) -> None:
    judge(version, Verdict.UNSAFE)
    assert ask("GET", f"{PRESIGNED}/versions/main/iris/1/weights.txt").status_code == 403
    assert ask("GET", f"{PRESIGNED}/versions/main/iris/1/weights.txt", actor=maintainer).status_code == 200


@in_a_store
@pytest.mark.django_db
def test_clients_are_told_to_go_to_the_store_when_it_has_a_public_address(ask: Ask) -> None:
    info = ask("GET", "/api/3.0/mlflow/server-info", actor=None).json()
    assert (info["multipart_uploads_enabled"], info["multipart_downloads_enabled"]) == (False, False)
    public = build(
        f"{settings.STORAGE_URL}&public=https://models.example.org",
        settings.DATA_DIR,
        settings.S3_ACCESS_KEY_ID,
        settings.S3_SECRET_ACCESS_KEY,
    )
    assert public.is_public
    link = public.url("a" * 64, filename="x", content_type="text/plain", expires=timedelta(minutes=5)) or ""
    part = public.part_url("0" * 32, "mark", 1, expires=timedelta(minutes=5))
    assert {link.split("/")[2], part.split("/")[2]} == {"models.example.org"}
