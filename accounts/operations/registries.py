"""Creating registries. Other floors hear of a new one through its event and furnish it."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Invalid


@transaction.atomic
def create_registry(name: str, *, description: str = "", is_default: bool = False, actor: User) -> Registry:
    """A new namespace; clients that name none use the default one."""
    access.require(actor, Right.ADMINISTER, None)
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
