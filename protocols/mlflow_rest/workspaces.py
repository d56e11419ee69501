"""Which registry a request is about: the one in the address, the one in the workspace header, or the default one."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from accounts import access
from accounts.models import Registry, User
from lib.errors import Invalid, NotFound
from lib.statements import Statement
from registry.models import RegisteredModel
from tracking.models import Experiment

HEADER = "X-MLFLOW-WORKSPACE"
# What clients call the workspace of those who choose none.
DEFAULT = "default"


def chosen_name(request: HttpRequest, named: str | None) -> str | None:
    """The name of the registry of a request, `named` being the one in its address; None: the default one."""
    header = request.headers.get(HEADER, "").strip()
    if named and header and header != named:
        raise Invalid(HEADER, f"The address says registry {named}, the header {HEADER} says {header}.")
    return named or (header if header and header != DEFAULT else None)


def chosen_registry(name: str | None, actor: User) -> Registry:
    """The registry of this chosen name. Raises NotFound for one of which the actor sees nothing.

    Somebody who was let into one model or experiment only does not see its registry, but works in it all the same.
    """
    return _default() if name is None else _found(name, actor)


def workspaces_for(actor: User) -> QuerySet[Registry]:
    """The registries that the actor sees, or in which there is a model or an experiment that it sees."""
    inside = Q(
        Exists(access.visible(actor, Experiment.objects.filter(registry=OuterRef("pk")))),
    ) | Q(Exists(access.visible(actor, RegisteredModel.objects.filter(registry=OuterRef("pk")))))
    seen = access.visible(actor, Registry.objects.all())
    return Registry.objects.filter(inside | Q(pk__in=seen.values("pk")))


def find_workspace(name: str, *, actor: User) -> Registry:
    """One of `workspaces_for(actor)`; "default" is the default one. Raises NotFound."""
    chosen = Q(is_default=True) if name == DEFAULT else Q(name=name)
    return _found(name, actor, chosen)


def _found(name: str, actor: User, chosen: Q | None = None) -> Registry:
    registry = workspaces_for(actor).filter(chosen or Q(name=name)).first()
    if registry is None:
        raise access.not_found(f"Registry {name} was not found.", actor)
    return registry


def _default() -> Registry:
    registry = _default_one.first()
    if registry is None:
        raise NotFound("There is no default registry; name one in the address: /r/<registry>/.")
    return registry


_default_one = Statement(lambda: Registry.objects.filter(is_default=True))
