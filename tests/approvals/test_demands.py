"""What policies ask together, what one asks in words, and how a review answers for the supply chain."""

from dataclasses import dataclass, field

import orjson
import pytest

from accounts.models import User
from approvals import listeners, tasks
from approvals.models import Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import decide, request_review
from approvals.queries import checks
from approvals.rules import Demands, in_words, strictest
from events.kinds import Kind
from events.models import Event
from lib import digests
from lib.checks import Check
from registry.models import ModelVersion
from registry.operations.models import set_model_tag
from registry.operations.versions import set_version_tag
from scanning.models import Finding, Verdict, Waiver, finding_key
from supply.operations.bills import supply_bill
from tests.approvals.words import APPROVE, Judge, StageOf, State, state
from tests.supply.bills.test_completeness import FULL

WEIGHTS = digests.of_bytes(b"1 2 3")


@dataclass
class Plain:
    """A policy without a database."""

    approvals_needed: int = 1
    needs_clean_scan: bool = True
    separates_duties: bool = True
    accepts_findings: bool = True
    most_severe_vulnerability: str = ""
    needs_signature: bool = False
    bill_completeness: int = 0
    allowed_licences: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    ("policies", "asked"),
    [
        ([], Demands()),
        ([Plain()], Demands(1, True, True)),
        ([Plain(approvals_needed=0), Plain(approvals_needed=3)], Demands(3, True, True)),
        (
            [Plain(most_severe_vulnerability="critical"), Plain(most_severe_vulnerability="medium"), Plain()],
            Demands(1, True, True, most_severe_vulnerability="medium"),
        ),
        ([Plain(needs_signature=True), Plain()], Demands(1, True, True, needs_signature=True)),
        ([Plain(bill_completeness=80), Plain(bill_completeness=20)], Demands(1, True, True, bill_completeness=80)),
        ([Plain(accepts_findings=False), Plain()], Demands(1, True, True, accepts_findings=False)),
        # Who asks for no scan has no say about what it may find.
        ([Plain(accepts_findings=False, needs_clean_scan=False), Plain()], Demands(1, True, True)),
        ([Plain(allowed_licences=["MIT"]), Plain()], Demands(1, True, True, allowed_licences=("MIT",))),
        (
            [Plain(allowed_licences=["Apache-2.0", "MIT"]), Plain(allowed_licences=["ISC", "MIT"])],
            Demands(1, True, True, allowed_licences=("MIT",)),
        ),
        (
            [Plain(allowed_licences=["Apache-2.0"]), Plain(allowed_licences=["MIT"])],
            Demands(1, True, True, allowed_licences=()),
        ),
    ],
)
def test_of_each_rule_the_strictest_counts(policies: list[Plain], asked: Demands) -> None:
    assert strictest(policies) == strictest(policies[::-1]) == asked


def test_every_rule_is_a_sentence() -> None:
    strict = Plain(2, True, False, False, "high", True, 80, ["Apache-2.0", "MIT"])
    assert in_words(strict) == [
        "2 approvals by reviewers.",
        "A clean scan; no waiver takes its place.",
        "No open vulnerability of high or worse severity in what the files require.",
        "A signature by somebody whom the registry trusts, over every file.",
        "A bill of materials that is complete to 80 %.",
        "One of these licences: Apache-2.0, MIT.",
    ]
    assert in_words(Plain(0, False)) == ["No approval."]
    assert "of critical severity" in in_words(Plain(most_severe_vulnerability="critical"))[2]


def names(review: Review) -> dict[str, bool]:
    return {check.name: check.holds for check in checks(review)}


def test_a_review_answers_for_what_a_policy_asks_and_for_nothing_else(
    version: ModelVersion, review: Review, maintainer: User, scientist: User, judge: Judge
) -> None:
    judge(version, Verdict.CLEAN)
    registry = version.model.registry
    assert list(names(review)) == ["scan", "approvals"]
    create_policy(registry, stage="Production", bill_completeness=20, allowed_licences=["MIT"], actor=maintainer)
    assert names(review) == {"scan": True, "bill": True, "licence": False, "approvals": False}
    set_version_tag(version, "license", "mit", actor=scientist)
    assert names(review) == {"scan": True, "bill": True, "licence": True, "approvals": False}
    create_policy(registry, stage="Production", bill_completeness=90, needs_clean_scan=False, actor=maintainer)
    assert names(review) == {"bill": False, "approvals": False}


def test_vulnerabilities_and_signatures_are_asked_of_their_own_gates(
    version: ModelVersion, review: Review, maintainer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def worst(subject: ModelVersion, severity: str) -> Check:
        asked.append((subject, severity))
        return Check("vulnerabilities", False, "Something is known.")

    def signed(subject: ModelVersion) -> Check:
        asked.append(subject)
        return Check("signature", True, "It is signed.")

    monkeypatch.setattr("approvals.queries.vulnerability_check", worst)
    monkeypatch.setattr("approvals.queries.signature_check", signed)
    create_policy(
        version.model.registry,
        stage="Production",
        needs_clean_scan=False,
        most_severe_vulnerability="medium",
        needs_signature=True,
        actor=maintainer,
    )
    assert names(review) == {"vulnerabilities": False, "signature": True, "approvals": False}
    assert asked == [(version, "medium"), version]


def test_where_only_a_clean_scan_will_do_no_waiver_takes_its_place(
    version: ModelVersion, review: Review, maintainer: User, judge: Judge
) -> None:
    scan = judge(version, Verdict.NEEDS_REVIEW)
    key = finding_key("weights.txt", "text.control", "x")
    Finding.objects.create(
        scan=scan,
        path="weights.txt",
        scanner="text",
        severity="needs-review",
        rule="text.control",
        key=key,
        message="x",
    )
    assert version.tree is not None
    Waiver.objects.create(
        registry=version.model.registry, tree=version.tree, keys=[key], reason="Looked at.", granted_by=maintainer
    )
    create_policy(version.model.registry, stage="Production", accepts_findings=False, actor=maintainer)
    assert names(review)["scan"] is False


def test_a_review_of_stage_and_alias_answers_to_both_policies(
    version: ModelVersion, scientist: User, maintainer: User, stage: StageOf
) -> None:
    registry = version.model.registry
    create_policy(registry, stage="Production", allowed_licences=["MIT", "ISC"], actor=maintainer)
    create_policy(registry, alias="champion", allowed_licences=["ISC"], bill_completeness=5, actor=maintainer)
    review = request_review(version, stage=stage("Production"), alias="champion", actor=scientist)
    set_version_tag(version, "license", "MIT", actor=scientist)
    said = {check.name: check.sentence for check in checks(review)}
    assert said["licence"].endswith("is not among those allowed: ISC.")
    assert "5 % are asked for" in said["bill"]


@pytest.mark.parametrize("last", ["bill", "licence of the version", "licence of the model"])
def test_the_move_is_made_once_what_was_missing_comes(
    version: ModelVersion,
    review: Review,
    scientist: User,
    reviewer: User,
    maintainer: User,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
    last: str,
) -> None:
    judge(version)
    asked = {"bill_completeness": 90} if last == "bill" else {"allowed_licences": ["MIT"]}
    create_policy(version.model.registry, stage="Production", **asked, actor=maintainer)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPROVED
    sent: list[int] = []
    monkeypatch.setattr(tasks.apply, "delay_on_commit", sent.append)
    if last == "bill":
        components = [{"type": "file", "name": "weights.txt", "hashes": [{"alg": "SHA-256", "content": WEIGHTS}]}]
        supply_bill(version, orjson.dumps({**FULL, "components": components + FULL["components"][1:]}), actor=scientist)
    elif last == "licence of the version":
        set_version_tag(version, "license", "MIT", actor=scientist)
    else:
        set_model_tag(version.model, "license", "MIT", actor=scientist)
    assert review.pk in sent
    tasks.apply(review.pk)
    assert state(review) == State.APPLIED


@pytest.mark.parametrize(
    ("kind", "is_woken"),
    [
        (Kind.SIGNATURE_ADDED, True),
        (Kind.TRUST_ANCHOR_ADDED, True),
        (Kind.VULNERABILITY_CLOSED, True),
        (Kind.ADVISORIES_IMPORTED, True),
        (Kind.SCAN_REQUESTED, False),
        (Kind.SIGNATURE_REMOVED, False),
    ],
)
def test_what_can_complete_a_review_wakes_it(
    version: ModelVersion, review: Review, reviewer: User, monkeypatch: pytest.MonkeyPatch, kind: Kind, is_woken: bool
) -> None:
    decide(review, APPROVE, actor=reviewer)
    sent: list[int] = []
    monkeypatch.setattr(tasks.apply, "delay_on_commit", sent.append)
    for registry, woken in ((version.model.registry_id, is_woken), (None, is_woken), (987_654, False)):
        sent.clear()
        listeners.apply_when_completed(Event(kind=kind, registry_id=registry), version)
        assert sent == ([review.pk] if woken else [])
