"""The same requests to a real `mlflow server` and to Gatehouse; every answer that differs is told."""

import os
from collections.abc import Callable

import pytest

from tests.protocols.mlflow_rest.differential import deliberate
from tests.protocols.mlflow_rest.differential.comparing import Pair, played
from tests.protocols.mlflow_rest.differential.conftest import COUNTS, WORDING
from tests.protocols.mlflow_rest.differential.servers import Server
from tests.protocols.mlflow_rest.differential.stories import GOVERNED, PARTS, STORIES

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

Note = Callable[[str, object], None]


@pytest.mark.parametrize("noun", STORIES)
def test_answers_equal_those_of_a_real_server(
    noun: str, theirs: Server, ours: Server, no_gates: None, record_property: Note
) -> None:
    if noun == PARTS and "STORAGE_URL" in os.environ:
        pytest.skip("The store takes uploads in parts, which that of the other server does not.")
    judge(noun, played(STORIES[noun], theirs, ours), record_property)


def test_what_is_governed_here_and_not_there_is_refused(theirs: Server, ours: Server, record_property: Note) -> None:
    judge("governed", played(GOVERNED, theirs, ours), record_property)


def test_every_deliberate_difference_is_of_a_story() -> None:
    stories = {*STORIES, "governed"}
    assert deliberate.REQUESTS.keys() <= stories
    assert {story for story, _ in deliberate.FIELDS.values()} <= stories


def judge(noun: str, pairs: list[Pair], note: Note) -> None:
    """Fail if answers differ that should not, or agree that should differ; note how many did what."""
    on_purpose = deliberate.REQUESTS.get(noun, {})
    agreed = [pair for pair in pairs if not pair.differences]
    crashed = [pair for pair in pairs if pair.differences and pair.crashed and pair.is_told]
    meant = [pair for pair in pairs if pair.differences and pair not in crashed and pair.name in on_purpose]
    note(COUNTS, (len(pairs), len(agreed), len(crashed), len(meant)))
    for pair in agreed:
        if pair.wording:
            note(WORDING, f"{noun} #{pair.number} {pair.wish}\n      {pair.wording}")
    wrong = [pair for pair in pairs if pair not in agreed and pair not in crashed and pair not in meant]
    assert not wrong, f"{len(wrong)} of {len(pairs)} answers differ:\n" + "\n".join(map(str, wrong))
    stale = {name for name in on_purpose if name not in {pair.name for pair in meant}}
    stale |= {pair.name for pair in agreed if pair.name in on_purpose}
    assert not stale, f"These are not asked or do not differ any more: {sorted(stale)}"
    seen = {field for pair in pairs for field in pair.fields_on_one_side}
    gone = [field for field, (story, _) in deliberate.FIELDS.items() if story == noun and field not in seen]
    assert not gone, f"These fields do not differ any more: {gone}"
