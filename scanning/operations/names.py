"""Names that a registry adds to the allow list, one by one, and takes off again."""

from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Invalid, NotFound
from scanning.engine.allow_list import may_be_added
from scanning.models import AllowedName
from scanning.operations.waivers import LONGEST_REASON

LONGEST_PART = 255


@transaction.atomic
def allow_name(registry: Registry, module: str, name: str, *, reason: str, actor: User) -> AllowedName:
    """From now on model files of this registry may hold objects of `module.name`, which is one exact name.

    Raises Invalid for names that are never allowed and for those that the allow list has.
    """
    access.require(actor, Right.MANAGE, registry)
    module, name = module.strip(), name.strip()
    for field, part in (("module", module), ("name", name)):
        if not part or len(part) > LONGEST_PART:
            raise Invalid(field, f"A {field} has between 1 and {LONGEST_PART} characters.")
    if refusal := may_be_added(module, name):
        raise Invalid("name", refusal)
    if not reason.strip():
        raise Invalid("reason", "Say why models of this registry need this name.")
    if len(reason) > LONGEST_REASON:
        raise Invalid("reason", f"A reason has at most {LONGEST_REASON:,} characters.")
    allowed = AllowedName(registry=registry, module=module, name=name, reason=reason.strip(), added_by=actor)
    try:
        with transaction.atomic():
            allowed.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"{registry} allows {allowed} already.") from error
    record(Kind.NAME_ALLOWED, actor=actor, subject=allowed, registry_id=registry.pk, reason=allowed.reason)
    return allowed


@transaction.atomic
def disallow_name(allowed: AllowedName, *, reason: str = "", actor: User) -> None:
    """What it allowed counts again, in every version of the registry. Raises NotFound when it is off the list."""
    access.require(actor, Right.MANAGE, allowed)
    if not AllowedName.objects.filter(pk=allowed.pk).delete()[0]:
        raise NotFound(f"{allowed} is not on the list any more.")
    record(Kind.NAME_DISALLOWED, actor=actor, subject=allowed, registry_id=allowed.registry_id, reason=reason)
