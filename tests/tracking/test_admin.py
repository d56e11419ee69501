"""Tracking in the admin: everything can be looked at and nothing changed."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Registry, User
from tests.factories.tracking import new_logged_model, new_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("noun", ["experiment", "run", "loggedmodel"])
def test_the_admin_shows_and_changes_nothing(
    noun: str, registry: Registry, scientist: User, administrator: User
) -> None:
    run = new_run(registry, name="visible", actor=scientist)
    row = {
        "experiment": run.experiment,
        "run": run,
        "loggedmodel": new_logged_model(run.experiment, name="visible", actor=scientist),
    }[noun]
    browser = Client()
    browser.force_login(administrator)
    listed = browser.get(reverse(f"admin:tracking_{noun}_changelist"), {"q": str(row)})
    assert str(row) in listed.content.decode()
    assert browser.get(reverse(f"admin:tracking_{noun}_change", args=[row.pk])).status_code == 200
    for page in (
        reverse(f"admin:tracking_{noun}_add"),
        reverse(f"admin:tracking_{noun}_change", args=[row.pk]),
        reverse(f"admin:tracking_{noun}_delete", args=[row.pk]),
    ):
        assert browser.post(page, {"name": "changed"}).status_code == 403
