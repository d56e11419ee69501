"""Putting policies in force. An old one is never edited: a new number takes its place."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from approvals.models import Policy
from approvals.rules import SEVERITIES
from events.kinds import Kind
from events.record import record
from lib.errors import Invalid
from registry.names import check_alias
from registry.queries import find_stage
from supply.licences.expressions import BadLicence, parse_one

MOST_LICENCES = 100


@transaction.atomic
def create_policy(
    registry: Registry,
    *,
    stage: str = "",
    alias: str = "",
    approvals_needed: int = 1,
    needs_clean_scan: bool = True,
    separates_duties: bool = True,
    accepts_findings: bool = True,
    most_severe_vulnerability: str = "",
    needs_signature: bool = False,
    bill_completeness: int = 0,
    allowed_licences: Iterable[str] = (),
    actor: User,
) -> Policy:
    """Put a policy in force for a stage or for an alias, which protects the alias; it replaces the one before."""
    access.require(actor, Right.MANAGE, registry)
    stage = _place(registry, stage, alias)
    if not 0 <= approvals_needed <= 20:
        raise Invalid("approvals_needed", "Between 0 and 20 approvals can be asked for.")
    if most_severe_vulnerability not in ("", *SEVERITIES):
        raise Invalid("most_severe_vulnerability", f"A severity is one of {', '.join(SEVERITIES)}, or empty.")
    if not 0 <= bill_completeness <= 100:
        raise Invalid("bill_completeness", "A bill of materials is complete to between 0 and 100 per cent.")
    licences = _licences(allowed_licences)
    Registry.objects.select_for_update().get(pk=registry.pk)
    before = Policy.objects.filter(registry=registry, stage=stage, alias__iexact=alias)
    number = (before.aggregate(Max("number"))["number__max"] or 0) + 1
    before.update(is_in_force=False)
    policy = Policy.objects.create(
        registry=registry,
        stage=stage,
        alias=alias,
        number=number,
        approvals_needed=approvals_needed,
        needs_clean_scan=needs_clean_scan,
        separates_duties=separates_duties,
        accepts_findings=accepts_findings,
        most_severe_vulnerability=most_severe_vulnerability,
        needs_signature=needs_signature,
        bill_completeness=bill_completeness,
        allowed_licences=licences,
        created_by=actor,
    )
    record(
        Kind.POLICY_CREATED,
        actor=actor,
        subject=policy,
        registry_id=registry.pk,
        approvals=approvals_needed,
        clean_scan=needs_clean_scan,
        separation=separates_duties,
        accepts_findings=accepts_findings,
        vulnerability=most_severe_vulnerability,
        signature=needs_signature,
        bill=bill_completeness,
        licences=licences,
    )
    return policy


def _place(registry: Registry, stage: str, alias: str) -> str:
    """The stage in the spelling of the ladder; empty for a policy about an alias."""
    if bool(stage) == bool(alias):
        raise Invalid("stage", "A policy is about one stage or about one alias.")
    if alias:
        check_alias(alias)
        return ""
    found = find_stage(registry, stage)
    if found is None:
        raise Invalid("stage", f"There is no stage {stage} on the ladder of {registry}.")
    return found.name


def _licences(named: Iterable[str]) -> list[str]:
    """Each licence once, as SPDX spells it."""
    try:
        licences = sorted({str(parse_one(name)) for name in named})
    except BadLicence as problem:
        raise Invalid("allowed_licences", str(problem)) from problem
    if len(licences) > MOST_LICENCES:
        raise Invalid("allowed_licences", f"A policy names at most {MOST_LICENCES} licences.")
    return licences
