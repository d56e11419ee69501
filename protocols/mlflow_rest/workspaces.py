"""Which registry a request is about: the one in the address, the one in the workspace header, or the default one."""

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from accounts import access
from accounts.models import Registry, User
from lib.errors import Invalid, NotFound
from registry.models import RegisteredModel
from tracking.models import Experiment

HEADER = "X-MLFLOW-WORKSPACE"
# What clients call the workspace of those who choose none.
DEFAULT = "default"


def chosen_registry(request: HttpRequest, named: str | None, actor: User) -> Registry:
    """The registry of the request. Raises NotFound for one of which the actor sees nothing.

    Somebody who was let into one model or experiment only does not see its registry, but works in it all the same.
    """
    header = request.headers.get(HEADER, "").strip()
    if named and header and header != named:
        raise Invalid(HEADER, f"The address says registry {named}, the header {HEADER} says {header}.")
    name = named or header
    if not name or (name == DEFAULT and not named):
        return _default()
    inside = Q(
        Exists(access.visible(actor, Experiment.objects.filter(registry=OuterRef("pk")))),
    ) | Q(Exists(access.visible(actor, RegisteredModel.objects.filter(registry=OuterRef("pk")))))
    seen = access.visible(actor, Registry.objects.all())
    registry = Registry.objects.filter(inside | Q(pk__in=seen.values("pk")), name=name).first()
    if registry is None:
        raise NotFound(f"Registry {name} was not found.")
    return registry


def _default() -> Registry:
    registry = Registry.objects.filter(is_default=True).first()
    if registry is None:
        raise NotFound("There is no default registry; name one in the address: /r/<registry>/.")
    return registry
