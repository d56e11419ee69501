"""What people answer for, quarantines, releases and the queue in the admin."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Registry, User
from registry.models import ModelVersion
from scanning.models import AllowedName, EngineRelease, Quarantine, Scan, Waiver
from scanning.operations.rescans import begin_rescan
from scanning.operations.waivers import waive_findings
from scanning.queries import standing_of
from tests.factories.scanning import CODE, SYSTEM, found

pytestmark = pytest.mark.django_db
Office = Callable[[User], Client]


@pytest.fixture
def office(client: Client) -> Office:
    """A browser of somebody who may open the admin."""

    def of(person: User) -> Client:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
        client.force_login(person)
        return client

    return of


def test_the_queue_is_in_sight_above_scans_and_releases(
    version: ModelVersion, office: Office, administrator: User, system: User
) -> None:
    begin_rescan(actor=system)
    for page in ("scan", "enginerelease"):
        shown = office(administrator).get(reverse(f"admin:scanning_{page}_changelist")).content.decode()
        assert "1 waiting, the oldest since" in shown
        assert "0 at work" in shown


def test_a_release_shows_how_far_it_is_and_what_it_changed(
    version: ModelVersion, office: Office, administrator: User, maintainer: User, system: User
) -> None:
    release = begin_rescan(actor=system)
    found(version, SYSTEM)
    Scan.objects.update(previous_verdict="clean")
    page = office(administrator).get(reverse("admin:scanning_enginerelease_change", args=[release.pk]))
    assert "1 from clean to unsafe" in page.content.decode()
    EngineRelease.objects.update(finished_at=None, trees=4, asked=2)
    listed = office(administrator).get(reverse("admin:scanning_enginerelease_changelist")).content.decode()
    assert "50 %" in listed
    assert office(maintainer).get(reverse("admin:scanning_enginerelease_changelist")).status_code == 403


def test_what_is_accepted_is_read_and_withdrawn(
    version: ModelVersion, office: Office, reviewer: User, scientist: User
) -> None:
    waiver = waive_findings(version, found(version, CODE), reason="I read it.", actor=reviewer)
    page = reverse("admin:scanning_waiver_changelist")
    said = {"action": "withdraw", "_selected_action": [waiver.pk]}
    answer = office(scientist).post(page, said, follow=True).content.decode()
    assert "does not include the right" in answer
    answer = office(reviewer).post(page, said, follow=True).content.decode()
    assert "what was accepted counts again" in answer
    assert Waiver.objects.get().withdrawn_by == reviewer
    shown = office(scientist).get(reverse("admin:scanning_waiver_change", args=[waiver.pk])).content.decode()
    assert "I read it." in shown


def test_names_are_allowed_and_taken_off(registry: Registry, office: Office, maintainer: User, reviewer: User) -> None:
    add = reverse("admin:scanning_allowedname_add")
    said = {"registry": registry.pk, "module": "statsmodels.api", "name": "OLS", "reason": "Time series."}
    assert office(reviewer).get(add).status_code == 403
    browser = office(maintainer)
    refused = browser.post(add, {**said, "module": "os", "name": "system"})
    assert (refused.status_code, "no model needs it" in refused.content.decode()) == (200, True)
    assert browser.post(add, said).status_code == 302
    again = browser.post(add, said)
    assert "allows statsmodels.api.OLS already" in again.content.decode()
    allowed = AllowedName.objects.get()
    assert allowed.added_by == maintainer
    gone = browser.post(reverse("admin:scanning_allowedname_delete", args=[allowed.pk]), {"post": "yes"})
    assert gone.status_code == 302
    assert not AllowedName.objects.exists()


def test_files_are_kept_and_let_out(
    version: ModelVersion, office: Office, administrator: User, maintainer: User
) -> None:
    assert version.tree is not None
    found(version)
    add = reverse("admin:scanning_quarantine_add")
    assert office(maintainer).get(add).status_code == 403
    browser = office(administrator)
    refused = browser.post(add, {"digest": "f" * 64, "reason": "x"})
    assert (refused.status_code, "No files here have this digest." in refused.content.decode()) == (200, True)
    assert browser.post(add, {"digest": version.tree.digest, "reason": "Stolen."}).status_code == 302
    assert standing_of(version).is_unsafe
    said = {"action": "lift", "_selected_action": [Quarantine.objects.get().pk]}
    answer = browser.post(reverse("admin:scanning_quarantine_changelist"), said, follow=True).content.decode()
    assert "out of quarantine" in answer
    assert standing_of(version).is_clean
