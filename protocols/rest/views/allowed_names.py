"""Names that a registry allows besides the allow list."""

from http import HTTPStatus

from accounts.queries import find_registry
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.security import AllowedNameShape, NewAllowedNameShape, ReasonShape
from scanning.models import AllowedName
from scanning.operations.names import allow_name, disallow_name
from scanning.queries import find_allowed_name, names_in


class AllowedNames(View):
    @endpoint("list_allowed_names", lists=AllowedNameShape)
    def get(self, call: Call, registry: str) -> Page[AllowedName]:
        """The names that a registry allows, in order."""
        return call.page(names_in(find_registry(registry, actor=call.actor)), "module", "name", "pk")

    @endpoint("allow_name", takes=NewAllowedNameShape, answers=AllowedNameShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str) -> AllowedName:
        """Let model files of a registry hold one exact name; never a package."""
        found, said = find_registry(registry, actor=call.actor), call.said
        return allow_name(found, said["module"], said["name"], reason=said["reason"], actor=call.actor)


class OneAllowedName(View):
    @endpoint("disallow_name", takes=ReasonShape)
    def delete(self, call: Call, registry: str, module: str, listed: str) -> None:
        """Take a name off the list of a registry; findings about it count again."""
        allowed = find_allowed_name(find_registry(registry, actor=call.actor), module, listed)
        disallow_name(allowed, reason=call.said["reason"], actor=call.actor)
