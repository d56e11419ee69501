"""Keeping files from readers for another reason than their scan, and letting them out again."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import Tree
from events.kinds import Kind
from events.record import record
from lib.errors import Invalid, NotFound
from scanning.models import Quarantine


@transaction.atomic
def quarantine_tree(tree: Tree, cause: str, reason: str, *, actor: User) -> Quarantine:
    """From now on these files are unsafe in every registry, until the same cause lets them out.

    Fine if they are in quarantine for this cause already: the first reason stands.
    """
    access.require(actor, Right.ADMINISTER, None)
    if not reason.strip():
        raise Invalid("reason", "Say why nobody may use these files.")
    try:
        with transaction.atomic():
            quarantine = Quarantine.objects.create(tree=tree, cause=cause, reason=reason.strip())
    except IntegrityError:
        return Quarantine.objects.get(tree=tree, cause=cause, lifted_at=None)
    record(Kind.TREE_QUARANTINED, actor=actor, subject=tree, reason=quarantine.reason, cause=cause)
    return quarantine


@transaction.atomic
def lift_quarantine(tree: Tree, cause: str, *, reason: str = "", actor: User) -> None:
    """Let the files out of the quarantine with this cause. Raises NotFound when they are in none."""
    access.require(actor, Right.ADMINISTER, None)
    opened = Quarantine.objects.filter(tree=tree, cause=cause, lifted_at=None)
    if opened.update(lifted_at=timezone.now()) != 1:
        raise NotFound("The files are not in quarantine for this cause.")
    record(Kind.QUARANTINE_LIFTED, actor=actor, subject=tree, reason=reason, cause=cause)
