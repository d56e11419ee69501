"""What clients before MLflow 3 note about the models of a run."""

import json

import pytest

from accounts.models import Registry, User
from lib.errors import Invalid, NotFound
from tests.factories.tracking import new_run
from tracking.models import RunTag
from tracking.operations.model_notes import LONGEST_NOTES, MODELS_TAG, note_model
from tracking.operations.runs import delete_run

pytestmark = pytest.mark.django_db


def test_one_model_comes_after_the_other(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    for path in ("first", "second"):
        note_model(run, {"artifact_path": path, "flavors": {}}, actor=scientist)
    assert [model["artifact_path"] for model in json.loads(run.tags.get().value)] == ["first", "second"]


@pytest.mark.parametrize("written", ["no json", '"a text"', "{}", ""])
def test_a_tag_that_a_client_wrote_itself_is_no_crash(registry: Registry, scientist: User, written: str) -> None:
    run = new_run(registry, actor=scientist)
    RunTag.objects.create(run=run, key=MODELS_TAG, value=written)
    note_model(run, {"flavors": {}}, actor=scientist)
    assert json.loads(run.tags.get().value) == [{"flavors": {}}]


def test_a_list_too_long_is_refused_and_never_cut(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    note_model(run, {"flavors": "x" * (LONGEST_NOTES // 2)}, actor=scientist)
    with pytest.raises(Invalid):
        note_model(run, {"flavors": "x" * (LONGEST_NOTES // 2)}, actor=scientist)
    assert len(json.loads(run.tags.get().value)) == 1


def test_a_deleted_run_takes_no_note(registry: Registry, maintainer: User, stranger: User) -> None:
    run = new_run(registry, actor=maintainer)
    with pytest.raises(NotFound):
        note_model(run, {}, actor=stranger)
    delete_run(run, actor=maintainer)
    with pytest.raises(Invalid, match="active"):
        note_model(run, {}, actor=maintainer)
