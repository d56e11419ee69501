"""Reading accounts: the system user, registries and people as an actor may see them."""

from django.db.models import Q, QuerySet

from accounts import access
from accounts.models import ApiToken, Registry, User
from accounts.rights import Right
from lib.errors import NotFound


def system_user() -> User:
    """The user in whose name Gatehouse acts in the background. The first migration made it."""
    return User.objects.get(kind=User.Kind.SYSTEM)


def registries_for(actor: User, right: Right = Right.SEE) -> QuerySet[Registry]:
    """The registries on which the actor has this right."""
    return access.visible(actor, Registry.objects.all(), right)


def find_registry(name: str, *, actor: User) -> Registry:
    """The registry of this name among those that the actor sees. Raises NotFound."""
    registry = registries_for(actor).filter(name=name).first()
    if registry is None:
        raise NotFound(f"Registry {name} was not found.")
    return registry


def default_registry(*, actor: User) -> Registry:
    """The registry for clients that name none. Raises NotFound."""
    registry = registries_for(actor).filter(is_default=True).first()
    if registry is None:
        raise NotFound("There is no default registry that you may see.")
    return registry


def tokens_of(actor: User) -> QuerySet[ApiToken]:
    """The actor's own tokens and those of the service accounts that the actor owns, newest first."""
    mine = Q(owner=actor) | Q(owner__owner=actor)
    return ApiToken.objects.filter(mine).select_related("owner").order_by("-pk")


def find_token(pk: int, *, actor: User) -> ApiToken:
    """One of `tokens_of(actor)`; an administrator finds any. Raises NotFound."""
    tokens = ApiToken.objects.select_related("owner") if actor.is_superuser else tokens_of(actor)
    token = tokens.filter(pk=pk).first()
    if token is None:
        raise NotFound("The token was not found.")
    return token
