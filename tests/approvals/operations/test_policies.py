"""Putting policies in force."""

from collections.abc import Callable

import pytest

from accounts.models import Registry, User
from approvals.models import Policy
from approvals.operations.policies import create_policy
from approvals.queries import policies_for, policies_in_force, policy_on
from approvals.rules import in_words
from events.models import Event
from lib.errors import Forbidden, GateRefused, Invalid
from registry.models import ModelVersion, Stage
from registry.operations.placements import move_alias, move_stage

StageOf = Callable[[str], Stage]


def test_a_new_policy_takes_the_place_of_the_old_one(registry: Registry, maintainer: User, stage: StageOf) -> None:
    old = policy_on(registry, stage=stage("Production"))
    new = create_policy(registry, stage="Production", approvals_needed=2, actor=maintainer)
    assert policy_on(registry, stage=stage("Production")) == new
    assert new.number == 2
    assert old is not None
    old.refresh_from_db()
    assert not old.is_in_force
    assert len(policies_in_force(registry)) == 2
    line = Event.objects.latest("pk")
    assert line.kind == "policy.created"
    assert line.details == {
        "approvals": 2,
        "clean_scan": True,
        "separation": True,
        "accepts_findings": True,
        "vulnerability": "",
        "signature": False,
        "bill": 0,
        "licences": [],
    }


def test_a_policy_holds_for_its_stage_however_that_is_written(
    version: ModelVersion, maintainer: User, stage: StageOf
) -> None:
    assert create_policy(version.model.registry, stage="STAGING", actor=maintainer).stage == "Staging"
    with pytest.raises(GateRefused):
        move_stage(version, stage("Staging"), actor=maintainer)


@pytest.mark.parametrize("alias", ["champion", "Champion", "CHAMPION"])
def test_no_spelling_of_a_protected_alias_is_free(version: ModelVersion, maintainer: User, alias: str) -> None:
    with pytest.raises(GateRefused, match=f"@{alias} is governed by a policy"):
        move_alias(version, alias, actor=maintainer)


def test_another_spelling_replaces_the_policy_of_an_alias(registry: Registry, maintainer: User) -> None:
    new = create_policy(registry, alias="Champion", approvals_needed=3, actor=maintainer)
    assert policy_on(registry, alias="champion") == policy_on(registry, alias="CHAMPION") == new


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("stage", {}),
        ("stage", {"stage": "Production", "alias": "champion"}),
        ("stage", {"stage": "Nowhere"}),
        ("alias", {"alias": "latest"}),
        ("alias", {"alias": "a b"}),
        ("approvals_needed", {"stage": "Production", "approvals_needed": 21}),
        ("approvals_needed", {"stage": "Production", "approvals_needed": -1}),
        ("most_severe_vulnerability", {"stage": "Production", "most_severe_vulnerability": "malicious"}),
        ("bill_completeness", {"stage": "Production", "bill_completeness": 101}),
        ("bill_completeness", {"stage": "Production", "bill_completeness": -1}),
        ("allowed_licences", {"stage": "Production", "allowed_licences": ["MIT OR ISC"]}),
        ("allowed_licences", {"stage": "Production", "allowed_licences": [""]}),
        ("allowed_licences", {"stage": "Production", "allowed_licences": [f"x-{number}" for number in range(101)]}),
    ],
)
def test_a_bad_policy_is_refused(registry: Registry, maintainer: User, field: str, values: dict[str, object]) -> None:
    count = Policy.objects.count()
    with pytest.raises(Invalid) as refusal:
        create_policy(registry, **values, actor=maintainer)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert (Policy.objects.count(), len(policies_in_force(registry))) == (count, 2)


def test_a_policy_can_ask_for_everything(registry: Registry, maintainer: User) -> None:
    policy = create_policy(
        registry,
        stage="Production",
        accepts_findings=False,
        most_severe_vulnerability="high",
        needs_signature=True,
        bill_completeness=80,
        allowed_licences=["mit", "apache-2.0", "MIT"],
        actor=maintainer,
    )
    policy.refresh_from_db()
    assert policy.allowed_licences == ["Apache-2.0", "MIT"]
    assert (policy.accepts_findings, policy.most_severe_vulnerability) == (False, "high")
    assert (policy.needs_signature, policy.bill_completeness) == (True, 80)


def test_new_registries_ask_what_they_always_asked(registry: Registry) -> None:
    for policy in policies_in_force(registry):
        assert in_words(policy) == [
            "1 approval by reviewers, who did not upload, train or ask for the version themselves.",
            "A clean scan; findings that need a look will do once a waiver accepts them.",
        ]


def test_only_a_maintainer_makes_policies(registry: Registry, scientist: User, reviewer: User, stranger: User) -> None:
    for person in (scientist, reviewer):
        with pytest.raises(Forbidden):
            create_policy(registry, stage="Production", approvals_needed=0, actor=person)
    assert policies_for(reviewer).count() == 2
    assert not policies_for(stranger).exists()
