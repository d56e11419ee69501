"""Creating and describing registries. Other floors hear of a new one through its event and furnish it."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Invalid

LONGEST_DESCRIPTION = 100_000


@transaction.atomic
def create_registry(name: str, *, description: str = "", is_default: bool = False, actor: User) -> Registry:
    """A new namespace; clients that name none use the default one."""
    access.require(actor, Right.ADMINISTER, None)
    _check_description(description)
    registry = Registry(name=name, description=description, is_default=is_default)
    try:
        registry.clean_fields()
    except ValidationError as error:
        raise Invalid("name", " ".join(error.messages)) from error
    try:
        with transaction.atomic():
            registry.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already a registry {name}, or another default one.") from error
    record(Kind.REGISTRY_CREATED, actor=actor, subject=registry, registry_id=registry.pk)
    return registry


@transaction.atomic
def describe_registry(registry: Registry, description: str, *, actor: User) -> Registry:
    """Set the description."""
    access.require(actor, Right.MANAGE, registry)
    _check_description(description)
    before, registry.description = registry.description, description
    registry.save(update_fields=["description"])
    record(
        Kind.REGISTRY_CHANGED,
        actor=actor,
        subject=registry,
        registry_id=registry.pk,
        before={"description": before},
        after={"description": description},
    )
    return registry


def _check_description(description: str) -> None:
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid("description", f"“description” has more than {LONGEST_DESCRIPTION} characters.")
