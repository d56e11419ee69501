"""Putting policies in force. An old one is never edited: a new number takes its place."""

from django.db import transaction
from django.db.models import Max

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from approvals.models import Policy
from events.kinds import Kind
from events.record import record
from lib.errors import Invalid
from registry.names import check_alias
from registry.queries import find_stage


@transaction.atomic
def create_policy(
    registry: Registry,
    *,
    stage: str = "",
    alias: str = "",
    approvals_needed: int = 1,
    needs_clean_scan: bool = True,
    separates_duties: bool = True,
    actor: User,
) -> Policy:
    """Put a policy in force for a stage or for an alias, which protects the alias; it replaces the one before."""
    access.require(actor, Right.MANAGE, registry)
    if bool(stage) == bool(alias):
        raise Invalid("stage", "A policy is about one stage or about one alias.")
    if stage:
        found = find_stage(registry, stage)
        if found is None:
            raise Invalid("stage", f"There is no stage {stage} on the ladder of {registry}.")
        stage = found.name
    if alias:
        check_alias(alias)
    if not 0 <= approvals_needed <= 20:
        raise Invalid("approvals_needed", "Between 0 and 20 approvals can be asked for.")
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
    )
    return policy
