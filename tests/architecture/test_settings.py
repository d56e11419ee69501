"""The lists by which a lower floor calls upward, and the names that outlive a release."""

import inspect

import pytest
from celery import current_app
from django.conf import settings
from django.utils.module_loading import import_string

from tests.architecture.code import APPS, modules

# Messages with these names wait in brokers while a new release starts: a name is never changed, only retired.
TASKS = {
    "approvals.apply_approved_reviews",
    "approvals.apply_review",
    "accounts.end_grants",
    "accounts.sweep",
    "blobs.sweep",
    "scanning.end_waivers",
    "scanning.resend_stale_scans",
    "scanning.scan_again",
    "scanning.scan_tree",
    "supply.match_packages",
    "supply.refresh_advisories",
    "supply.tell_owners",
}


@pytest.mark.parametrize("path", settings.PROMOTION_GATES)
def test_a_gate_takes_a_move_and_gives_a_sentence_or_none(path: str) -> None:
    signature = inspect.signature(import_string(path))
    assert [parameter.annotation.__name__ for parameter in signature.parameters.values()] == ["Move"]
    assert signature.return_annotation == str | None


@pytest.mark.parametrize("path", settings.EVENT_LISTENERS)
def test_a_listener_takes_an_event_and_its_subject(path: str) -> None:
    signature = inspect.signature(import_string(path))
    assert list(signature.parameters) == ["event", "subject"]
    assert signature.return_annotation is None


@pytest.mark.parametrize("paths", [settings.MIDDLEWARE, settings.AUTHENTICATION_BACKENDS])
def test_everything_that_settings_name_is_there(paths: list[str]) -> None:
    assert all(callable(import_string(path)) for path in paths)


def test_names_of_tasks_are_pinned() -> None:
    for app in APPS:
        list(modules(app))
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert ours == TASKS
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= TASKS
