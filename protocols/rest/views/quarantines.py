"""The quarantine of a version's files."""

from blobs.models import Tree
from lib.errors import Invalid
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.security import NewQuarantineShape, QuarantineShape, ReasonShape
from registry.models import ModelVersion
from registry.queries import find_version
from scanning.models import Quarantine
from scanning.operations.quarantines import BY_HAND, lift_quarantine, quarantine_tree
from scanning.queries import open_quarantines


class VersionQuarantine(View):
    @endpoint("list_quarantines", lists=QuarantineShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[Quarantine]:
        """What keeps the files of a version from readers, besides their scan."""
        version = find_version(registry, name, number, actor=call.actor)
        return call.page(open_quarantines(version.tree_id or 0), "pk")

    @endpoint("quarantine_version", takes=NewQuarantineShape, answers=QuarantineShape)
    def put(self, call: Call, registry: str, name: str, number: int) -> Quarantine:
        """Keep the files of a version from everybody but maintainers, in every registry; for administrators."""
        tree = _files(find_version(registry, name, number, actor=call.actor))
        return quarantine_tree(tree, BY_HAND, call.said["reason"], actor=call.actor)

    @endpoint("lift_quarantine", takes=ReasonShape)
    def delete(self, call: Call, registry: str, name: str, number: int) -> None:
        """Let the files out of the quarantine that an administrator opened; for administrators."""
        tree = _files(find_version(registry, name, number, actor=call.actor))
        lift_quarantine(tree, BY_HAND, reason=call.said["reason"], actor=call.actor)


def _files(version: ModelVersion) -> Tree:
    if version.tree is None:
        raise Invalid("version", f"{version} has no files here.")
    return version.tree
