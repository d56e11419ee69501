"""Files of runs and logged models."""

from collections.abc import Iterator

import pytest

from accounts.models import Registry, User
from blobs.models import Blob, FolderFile
from events.kinds import Kind
from events.models import Event
from lib.errors import Invalid, NotFound
from tests.factories.tracking import new_logged_model, new_run
from tracking.operations import artifacts, runs

pytestmark = pytest.mark.django_db


def never_read() -> Iterator[bytes]:
    pytest.fail("the body was read")
    yield b""


def test_a_file_is_stored_replaced_and_removed(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    for owner in (run, new_logged_model(run.experiment, actor=scientist)):
        artifacts.put_file(owner, "a/x", [b"12", b"3"], length=3, actor=scientist)
        artifacts.put_file(owner, "a/x", [b"4"], length=1, actor=scientist)
        assert owner.folder.files.get().blob.size == 1
        assert artifacts.remove(owner, "a", actor=scientist) == 1
        assert artifacts.remove(owner, "a", actor=scientist) == 0
    assert Event.objects.filter(kind=Kind.ARTIFACT_DELETED).count() == 2


def test_nothing_is_read_in_vain(registry: Registry, scientist: User, stranger: User) -> None:
    run = new_run(registry, actor=scientist)
    with pytest.raises(NotFound):
        artifacts.put_file(run, "x", never_read(), length=1, actor=stranger)
    with pytest.raises(NotFound):
        artifacts.remove(run, "x", actor=stranger)
    with pytest.raises(Invalid):
        artifacts.put_file(run, "../x", never_read(), length=1, actor=scientist)
    runs.delete_run(run, actor=scientist)
    run.refresh_from_db()
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        artifacts.put_file(run, "x", never_read(), length=1, actor=scientist)


def test_a_run_that_is_deleted_during_an_upload_does_not_get_the_file(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)

    def pieces() -> Iterator[bytes]:
        yield b"1"
        runs.delete_run(run, actor=scientist)
        yield b"2"

    with pytest.raises(Invalid, match="must be in the 'active' state"):
        artifacts.put_file(run, "x", pieces(), length=2, actor=scientist)
    assert not FolderFile.objects.exists()


def test_a_cut_upload_leaves_nothing(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    for length in (5, 1, None):
        with pytest.raises(Invalid):
            artifacts.put_file(run, "x", [b"123"], length=length, actor=scientist)
    assert not FolderFile.objects.exists()
    assert not Blob.objects.exists()
