"""Files that are kept from readers for another reason than their scan."""

from collections.abc import Callable

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from blobs.models import Tree
from events.models import Event
from lib.errors import Forbidden, GateRefused, Invalid, NotFound
from registry.models import ModelVersion, Stage
from registry.operations.placements import move_stage
from scanning.models import Quarantine
from scanning.operations.quarantines import BY_HAND, lift_quarantine, quarantine_tree
from scanning.queries import file_for_download, standing_of, why_unsafe
from tests.factories.scanning import found

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(version: ModelVersion) -> Tree:
    """The files of the version, which the scan found clean."""
    found(version)
    assert version.tree is not None
    return version.tree


def test_clean_files_in_quarantine_go_nowhere_and_to_no_reader(
    version: ModelVersion,
    tree: Tree,
    administrator: User,
    reviewer: User,
    maintainer: User,
    stage: Callable[[str], Stage],
) -> None:
    quarantine_tree(tree, BY_HAND, "Stolen training data.", actor=administrator)
    with pytest.raises(GateRefused, match=r"The files of version 1 are in quarantine \(Stolen training data\), so"):
        move_stage(version, stage("Staging"), actor=maintainer)
    with pytest.raises(Forbidden, match="files of iris version 1 are in quarantine"):
        file_for_download(version, "weights.txt", actor=reviewer)
    assert file_for_download(version, "weights.txt", actor=maintainer).path == "weights.txt"
    assert standing_of(version).sentence.startswith("In quarantine: Stolen training data.")
    lift_quarantine(tree, BY_HAND, reason="It was not.", actor=administrator)
    assert file_for_download(version, "weights.txt", actor=reviewer).path == "weights.txt"
    move_stage(version, stage("Staging"), actor=maintainer)


def test_files_that_were_never_scanned_can_be_in_quarantine(version: ModelVersion, administrator: User) -> None:
    assert version.tree is not None
    assert why_unsafe(version) is None
    quarantine_tree(version.tree, BY_HAND, "x", actor=administrator)
    assert why_unsafe(version) == "The files of iris version 1 are in quarantine (x)"


def test_each_cause_lets_out_only_its_own(tree: Tree, version: ModelVersion, system: User) -> None:
    quarantine_tree(tree, BY_HAND, "One.", actor=system)
    quarantine_tree(tree, "malicious-package", "Two.", actor=system)
    lift_quarantine(tree, "malicious-package", actor=system)
    assert why_unsafe(version) is not None
    with pytest.raises(NotFound):
        lift_quarantine(tree, "malicious-package", actor=system)
    lift_quarantine(tree, BY_HAND, actor=system)
    assert why_unsafe(version) is None


def test_the_same_cause_counts_once(tree: Tree, system: User) -> None:
    first = quarantine_tree(tree, BY_HAND, "One.", actor=system)
    assert quarantine_tree(tree, BY_HAND, "Two.", actor=system) == first
    assert Event.objects.filter(kind="tree.quarantined").count() == 1
    lift_quarantine(tree, BY_HAND, actor=system)
    assert quarantine_tree(tree, BY_HAND, "Three.", actor=system) != first


def test_it_is_for_administrators_and_for_a_reason(tree: Tree, maintainer: User, administrator: User) -> None:
    with pytest.raises(Forbidden):
        quarantine_tree(tree, BY_HAND, "x", actor=maintainer)
    with pytest.raises(Invalid):
        quarantine_tree(tree, BY_HAND, " ", actor=administrator)
    assert not Quarantine.objects.exists()
    quarantine_tree(tree, BY_HAND, "x", actor=administrator)
    with pytest.raises(Forbidden):
        lift_quarantine(tree, BY_HAND, actor=maintainer)


def test_those_who_answer_for_what_is_live_are_told(
    version: ModelVersion,
    tree: Tree,
    maintainer: User,
    scientist: User,
    system: User,
    stage: Callable[[str], Stage],
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MAIL_IS_SENT = True
    move_stage(version, stage("Staging"), actor=maintainer)
    with django_capture_on_commit_callbacks(execute=True):
        quarantine_tree(tree, BY_HAND, "Stolen.", actor=system)
    assert [message.to for message in mail.outbox] == [[scientist.email]]
    assert "Stolen." in mail.outbox[0].body and "main / iris version 1" in mail.outbox[0].body
