"""Policies with every rule, and supplied bills, in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Registry, User
from approvals.models import Policy
from events.models import Event
from registry.models import ModelVersion
from supply.models import SuppliedBill
from supply.operations.bills import supply_bill
from tests.architecture.test_doors import BILL


@pytest.fixture
def office(client: Client, maintainer: User) -> Client:
    """A browser of a maintainer who may open the admin."""
    maintainer.is_staff = True
    maintainer.save(update_fields=["is_staff"])
    client.force_login(maintainer)
    return client


def test_a_policy_with_every_rule(office: Client, registry: Registry) -> None:
    add = reverse("admin:approvals_policy_add")
    form = {
        "registry": registry.pk,
        "stage": "Production",
        "approvals_needed": 2,
        "needs_clean_scan": "on",
        "most_severe_vulnerability": "high",
        "needs_signature": "on",
        "bill_completeness": 80,
        "allowed_licences": "mit, Apache-2.0,",
    }
    page = office.get(add).content.decode()
    assert "As SPDX names them, with commas" in page
    assert office.post(add, form).status_code == 302
    policy = Policy.objects.get(registry=registry, stage="Production", is_in_force=True)
    assert (policy.most_severe_vulnerability, policy.needs_signature) == ("high", True)
    assert (policy.bill_completeness, policy.allowed_licences, policy.accepts_findings) == (
        80,
        ["Apache-2.0", "MIT"],
        False,
    )
    for address in (
        reverse("admin:approvals_policy_changelist"),
        reverse("admin:approvals_policy_change", args=[policy.pk]),
    ):
        assert "A bill of materials that is complete to 80 %." in office.get(address).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("bill_completeness", "101", "less than or equal to 100"),
        ("allowed_licences", "MIT OR ISC", "names several licences"),
        ("most_severe_vulnerability", "dreadful", "not one of the available choices"),
    ],
)
def test_what_a_policy_cannot_ask_is_told_beside_the_field(
    office: Client, registry: Registry, field: str, value: str, words: str
) -> None:
    form = {"registry": registry.pk, "stage": "Production", "approvals_needed": 1, field: value}
    answer = office.post(reverse("admin:approvals_policy_add"), form)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Policy.objects.filter(registry=registry).count() == 2


def test_supplied_bills_are_read_and_taken_away(
    office: Client, version: ModelVersion, scientist: User, reviewer: User
) -> None:
    kept = supply_bill(version, BILL, actor=scientist)
    assert kept.digest[:12] in office.get(reverse("admin:supply_suppliedbill_changelist")).content.decode()
    page = reverse("admin:supply_suppliedbill_change", args=[kept.pk])
    assert "CycloneDX" in office.get(page).content.decode()
    assert office.get(reverse("admin:supply_suppliedbill_add")).status_code == 403
    reviewer.is_staff = True
    reviewer.save(update_fields=["is_staff"])
    office.force_login(reviewer)
    remove = reverse("admin:supply_suppliedbill_delete", args=[kept.pk])
    assert office.get(page).status_code == 200
    assert office.post(remove, {"post": "yes"}).status_code == 403
    many = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
    office.post(reverse("admin:supply_suppliedbill_changelist"), many)
    assert SuppliedBill.objects.count() == 1
    office.force_login(scientist)
    scientist.is_staff = True
    scientist.save(update_fields=["is_staff"])
    assert office.post(remove, {"post": "yes"}).status_code == 302
    assert not SuppliedBill.objects.exists()
    assert Event.objects.latest("pk").kind == "bill.removed"
