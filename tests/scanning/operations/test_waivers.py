"""Who accepts findings, for how long, and what that comes to."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from accounts import access
from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from events.models import Event
from lib.errors import Conflict, Forbidden, GateRefused, HouseError, Invalid, NotFound
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.models import create_model
from registry.operations.placements import move_stage
from registry.operations.versions import Origin, create_version
from scanning.models import Verdict, Waiver
from scanning.operations.waivers import end_waivers, waive, waive_findings, withdraw_waiver
from scanning.queries import file_for_download, standing_of, standings_of, waived_keys, waivers_for, why_unsafe
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.scanning import CODE, LOST, OLS, SYSTEM, found

pytestmark = pytest.mark.django_db
REVIEW = Verdict.NEEDS_REVIEW


def in_days(days: float) -> datetime:
    """That long from now."""
    return timezone.now() + timedelta(days=days)


def test_a_reviewer_accepts_what_needs_review(version: ModelVersion, reviewer: User) -> None:
    keys = found(version, CODE, OLS)
    waiver = waive_findings(version, keys, reason="I read the code.", actor=reviewer)
    standing = standing_of(version)
    assert (standing.verdict, standing.effective, standing.is_accepted) == ("needs-review", "clean", True)
    assert standing.sentence == "Needs review; accepted by grace: I read the code."
    line = Event.objects.get(kind="findings.waived")
    assert (line.reason, line.details["waiver"], line.details["findings"]) == ("I read the code.", waiver.pk, 2)
    assert line.details["heaviest"] == "needs-review"


def test_what_is_not_accepted_stays(version: ModelVersion, reviewer: User) -> None:
    code, _ = found(version, CODE, OLS)
    waive_findings(version, [code], reason="I read the code.", actor=reviewer)
    standing = standing_of(version)
    assert standing.effective == "needs-review"
    assert [remark.subject for remark in standing.remaining] == ["statsmodels.api.OLS"]


def test_a_reader_and_a_stranger_accept_nothing(version: ModelVersion, stranger: User, member: Member) -> None:
    keys = found(version, CODE)
    with pytest.raises(NotFound):
        waive_findings(version, keys, reason="x", actor=stranger)
    with pytest.raises(Forbidden):
        waive_findings(version, keys, reason="x", actor=member(Role.READER, version.model))
    assert not Waiver.objects.exists()


def test_whoever_brought_the_files_accepts_nothing_about_them(
    model: RegisteredModel, ci_account: User, scientist: User, maintainer: User, system: User
) -> None:
    access.grant(Role.MAINTAINER, on=model.registry, to=scientist, actor=system)
    own = register_files(model, {"a.txt": b"1"}, actor=scientist)
    by_machine = register_files(model, {"b.txt": b"2"}, actor=ci_account)
    for version, reason in ((own, "You trained this version"), (by_machine, "through ci")):
        with pytest.raises(Forbidden, match=reason):
            waive_findings(version, found(version, CODE), reason="x", actor=scientist)
        waive_findings(version, found(version, CODE), reason="x", actor=maintainer)


def test_whoever_trained_what_another_uploaded_accepts_nothing_about_it(
    model: RegisteredModel, reviewer: User, scientist: User, maintainer: User, system: User
) -> None:
    trained = register_files(model, {"a.txt": b"1"}, actor=scientist)
    run = trained.source_run
    assert run is not None
    access.grant(Role.MAINTAINER, on=model.registry, to=scientist, actor=system)
    again = create_version(model, Origin(source="x", run=run, path=""), actor=maintainer)
    for who in (scientist, maintainer):
        with pytest.raises(Forbidden, match=r"You (trained|uploaded)"):
            waive_findings(again, found(again, CODE), reason="x", actor=who)
    waive_findings(again, found(again, CODE), reason="x", actor=reviewer)


def test_the_same_files_under_another_name_are_still_ones_own(
    model: RegisteredModel, maintainer: User, scientist: User
) -> None:
    register_files(model, {"a.txt": b"1"}, actor=maintainer)
    other = create_model(model.registry, "other", actor=scientist)
    theirs = register_files(other, {"a.txt": b"1"}, actor=scientist)
    with pytest.raises(Forbidden, match="another version with the same files"):
        waive_findings(theirs, found(theirs, CODE), reason="x", actor=maintainer)


def test_a_service_account_accepts_nothing(version: ModelVersion, ci_account: User, system: User) -> None:
    access.grant(Role.MAINTAINER, on=version.model.registry, to=ci_account, actor=system)
    for actor in (ci_account, system):
        with pytest.raises(Forbidden, match="accepted by a person"):
            waive_findings(version, found(version, CODE), reason="x", actor=actor)


def test_a_reason_and_a_finding_are_needed(version: ModelVersion, reviewer: User) -> None:
    keys = found(version, CODE, ("note", "requirements.unpinned", ""))
    wrong: list[tuple[list[str], str, datetime | None, str]] = [
        (keys[:1], "  ", None, "reason"),
        (keys[:1], "x" * 4_001, None, "reason"),
        ([], "x", None, "keys"),
        (["f" * 64], "x", None, "keys"),
        ([""], "x", None, "keys"),
        (keys[1:], "x", None, "keys"),
        ([str(number) for number in range(2_002)], "x", None, "keys"),
        (keys[:1], "x", in_days(-1), "ends_at"),
    ]
    for named, reason, ends_at, field in wrong:
        with pytest.raises(Invalid) as refusal:
            waive_findings(version, named, reason=reason, ends_at=ends_at, actor=reviewer)
        assert refusal.value.field == field
    assert not Waiver.objects.exists()


@pytest.mark.parametrize("finding", [SYSTEM, LOST])
def test_what_is_unsafe_or_unknown_is_for_administrators_and_ends(
    version: ModelVersion, reviewer: User, maintainer: User, administrator: User, finding: tuple[str, str, str]
) -> None:
    keys = found(version, finding)
    for actor in (reviewer, maintainer):
        with pytest.raises(Forbidden, match="Only an administrator"):
            waive_findings(version, keys, reason="x", ends_at=in_days(1), actor=actor)
    for ends_at in (None, in_days(91)):
        with pytest.raises(Invalid, match="90 days"):
            waive_findings(version, keys, reason="x", ends_at=ends_at, actor=administrator)
    waive_findings(version, keys, reason="x", ends_at=in_days(89), actor=administrator)
    assert standing_of(version).effective == "clean"


def test_an_accepted_unsafe_finding_lets_readers_and_moves_through_until_it_ends(
    version: ModelVersion, reviewer: User, maintainer: User, administrator: User, stage: Callable[[str], Stage]
) -> None:
    waiver = waive_findings(version, found(version, SYSTEM), reason="x", ends_at=in_days(1), actor=administrator)
    assert file_for_download(version, "weights.txt", actor=reviewer).path == "weights.txt"
    move_stage(version, stage("Staging"), actor=maintainer)
    move_stage(version, stage("None"), actor=maintainer)
    Waiver.objects.filter(pk=waiver.pk).update(ends_at=timezone.now())
    with pytest.raises(Forbidden):
        file_for_download(version, "weights.txt", actor=reviewer)
    with pytest.raises(GateRefused):
        move_stage(version, stage("Staging"), actor=maintainer)


def test_another_registry_is_not_bound_by_it(
    version: ModelVersion, administrator: User, scientist: User, system: User
) -> None:
    elsewhere = create_registry("elsewhere", actor=system)
    access.grant(Role.CONTRIBUTOR, on=elsewhere, to=scientist, actor=system)
    copy = create_version(
        create_model(elsewhere, "iris", actor=scientist), Origin(source="x", copied_from=version), actor=scientist
    )
    assert copy.tree_id == version.tree_id
    waive_findings(version, found(version, SYSTEM), reason="x", ends_at=in_days(1), actor=administrator)
    assert why_unsafe(version) is None
    assert why_unsafe(copy) == "The scan found iris version 1 unsafe"
    standings = standings_of([version, copy])
    assert (standings[version.pk].effective, standings[copy.pk].effective) == ("clean", "unsafe")


def test_what_was_accepted_as_doubtful_is_not_accepted_as_unsafe(version: ModelVersion, reviewer: User) -> None:
    (key,) = found(version, CODE)
    waive_findings(version, [key], reason="x", actor=reviewer)
    assert found(version, ("unsafe", "text.code", "")) == [key]
    assert standing_of(version).is_unsafe
    assert waived_keys(version.tree, version.model.registry) == {key}
    assert waived_keys(version.tree, version.model.registry, up_to=Verdict.UNSAFE) == set()


def test_keys_that_others_know_of_are_accepted_by_the_lower_operation(version: ModelVersion, reviewer: User) -> None:
    found(version, CODE)
    waive(version, ["GHSA-1 numpy 1.0"], heaviest=REVIEW, reason="Not reachable.", actor=reviewer)
    assert waived_keys(version.tree, version.model.registry) == {"GHSA-1 numpy 1.0"}
    assert standing_of(version).effective == "needs-review"


def test_what_is_accepted_already_needs_nobody_else(version: ModelVersion, reviewer: User, maintainer: User) -> None:
    keys, soon = found(version, CODE, OLS), in_days(5)
    waive_findings(version, keys[:1], reason="x", ends_at=soon, actor=reviewer)
    with pytest.raises(Conflict, match="grace accepted this already"):
        waive_findings(version, keys[:1], reason="y", ends_at=soon, actor=maintainer)
    waive_findings(version, keys[:1], reason="for longer", ends_at=in_days(9), actor=maintainer)
    waive_findings(version, keys, reason="for more", actor=maintainer)
    assert Waiver.objects.count() == 3


def test_withdrawing_makes_it_count_again(version: ModelVersion, reviewer: User, maintainer: User) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="x", actor=reviewer)
    withdraw_waiver(waiver, reason="I was wrong.", actor=maintainer)
    assert standing_of(version).effective == "needs-review"
    line = Event.objects.get(kind="waiver.withdrawn")
    assert (line.reason, line.subject_name) == ("I was wrong.", "iris version 1")
    with pytest.raises(Conflict):
        withdraw_waiver(waiver, actor=reviewer)


def test_a_reader_does_not_withdraw(version: ModelVersion, reviewer: User, stranger: User, member: Member) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="x", actor=reviewer)
    with pytest.raises(Forbidden):
        withdraw_waiver(waiver, actor=member(Role.READER, version.model.registry))
    with pytest.raises(NotFound):
        withdraw_waiver(waiver, actor=stranger)
    assert standing_of(version).is_accepted


def test_a_reviewer_of_one_model_sees_and_withdraws_what_is_about_it(
    version: ModelVersion, reviewer: User, stranger: User, member: Member
) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="x", actor=reviewer)
    near = member(Role.REVIEWER, version.model)
    assert list(waivers_for(near)) == [waiver]
    assert not waivers_for(stranger).exists()
    withdraw_waiver(waiver, actor=near)


def test_waivers_of_a_restricted_model_are_hidden_from_the_registry(
    version: ModelVersion, reviewer: User, member: Member
) -> None:
    waive_findings(version, found(version, CODE), reason="x", actor=reviewer)
    reader = member(Role.READER, version.model.registry)
    assert waivers_for(reader).exists()
    RegisteredModel.objects.update(restricted=True)
    assert not waivers_for(reader).exists()


def test_the_end_is_noted_once_and_told(
    version: ModelVersion,
    reviewer: User,
    maintainer: User,
    scientist: User,
    system: User,
    stage: Callable[[str], Stage],
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MAIL_IS_SENT = True
    waiver = waive_findings(version, found(version, CODE), reason="x", ends_at=in_days(1), actor=reviewer)
    move_stage(version, stage("Staging"), actor=maintainer)
    assert end_waivers(actor=system) == 0
    Waiver.objects.filter(pk=waiver.pk).update(ends_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert end_waivers(actor=system) == 1
    assert end_waivers(actor=system) == 0
    assert Event.objects.get(kind="waiver.ended").subject_name == "iris version 1"
    assert sorted(address for message in mail.outbox for address in message.to) == [scientist.email, reviewer.email]
    assert "main / iris version 1" in mail.outbox[0].body


def test_nobody_is_told_of_the_end_where_no_mail_is_sent(
    version: ModelVersion,
    reviewer: User,
    system: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="x", ends_at=in_days(1), actor=reviewer)
    Waiver.objects.filter(pk=waiver.pk).update(ends_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert end_waivers(actor=system) == 1
    assert mail.outbox == []


def test_a_download_asks_one_question_of_the_scan_when_nothing_is_wrong(
    version: ModelVersion, reviewer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    found(version)
    with django_assert_num_queries(1):
        assert why_unsafe(version) is None


def test_a_list_asks_as_many_questions_for_fifty_as_for_two(
    registry: Registry, scientist: User, reviewer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    model = create_model(registry, "many", actor=scientist)
    versions = [register_files(model, {"weights.txt": str(number).encode()}, actor=scientist) for number in range(8)]
    for version in versions:
        keys = found(version, CODE, OLS)
        if version.number % 2:
            waive_findings(version, keys, reason="x", actor=reviewer)
    for few in (versions[:2], versions):
        with django_assert_num_queries(5):
            standings = standings_of(few)
    assert [standings[version.pk].effective for version in versions] == ["clean", "needs-review"] * 4


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_reviewers_at_the_same_moment_one_accepts(
    version: ModelVersion, reviewer: User, maintainer: User
) -> None:
    keys = found(version, CODE)
    start = threading.Barrier(2)
    ends: list[object] = []

    def accept(actor: User) -> None:
        try:
            start.wait()
            ends.append(waive_findings(ModelVersion.objects.get(pk=version.pk), keys, reason="x", actor=actor))
        except HouseError as refusal:
            ends.append(refusal)
        finally:
            connection.close()

    workers = [threading.Thread(target=accept, args=[actor]) for actor in (reviewer, maintainer)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "Waiver"]
    assert Waiver.objects.count() == Event.objects.filter(kind="findings.waived").count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_workers_one_tells_of_the_end(version: ModelVersion, reviewer: User, system: User) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="x", ends_at=in_days(1), actor=reviewer)
    Waiver.objects.filter(pk=waiver.pk).update(ends_at=timezone.now())
    start, told = threading.Barrier(2), []

    def work() -> None:
        try:
            start.wait()
            told.append(end_waivers(actor=system))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(told) == [0, 1]
    assert Event.objects.filter(kind="waiver.ended").count() == 1
