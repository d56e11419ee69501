"""Versions of a model and their tags."""

from http import HTTPStatus

from accounts.models import User
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.models import TagShape
from protocols.rest.shapes.versions import (
    NewVersionShape,
    VersionChangeShape,
    VersionInFullShape,
    VersionShape,
)
from registry.models import ModelVersion
from registry.operations.versions import (
    Origin,
    create_version,
    delete_version,
    delete_version_tag,
    describe_version,
    set_version_tag,
)
from registry.queries import (
    find_model,
    find_version,
    lineage_of,
    open_placements,
    versions_of,
    with_tags,
)
from scanning.queries import verdict_of, with_verdict
from tracking.queries import find_logged_model, find_run


def in_full(version: ModelVersion, actor: User) -> With:
    """A version with what its full shape shows."""
    return With(
        version,
        open_placements=open_placements([version]).get(version.pk, []),
        verdict=verdict_of(version.tree),
        lineage=lineage_of(version, actor=actor),
    )


class Versions(View):
    @endpoint("list_versions", lists=VersionShape)
    def get(self, call: Call, registry: str, name: str) -> Page[ModelVersion]:
        """The versions of a model, newest first."""
        versions = versions_of(find_model(registry, name, actor=call.actor))
        return call.page(with_verdict(with_tags(versions)), "-number")

    @endpoint("create_version", takes=NewVersionShape, answers=VersionInFullShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str, name: str) -> With:
        """Register the next version, from a run, from a logged model or as a copy; it is scanned in the background."""
        model = find_model(registry, name, actor=call.actor)
        version = create_version(
            model,
            _origin(call),
            description=call.said["description"],
            tags=call.said["tags"],
            actor=call.actor,
        )
        return in_full(version, call.actor)


class OneVersion(View):
    @endpoint("get_version", answers=VersionInFullShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> With:
        """One version with its place, verdict and lineage."""
        return in_full(find_version(registry, name, number, actor=call.actor), call.actor)

    @endpoint("change_version", takes=VersionChangeShape, answers=VersionInFullShape)
    def patch(self, call: Call, registry: str, name: str, number: int) -> With:
        """Describe a version."""
        version = find_version(registry, name, number, actor=call.actor)
        return in_full(describe_version(version, call.said["description"], actor=call.actor), call.actor)

    @endpoint("delete_version")
    def delete(self, call: Call, registry: str, name: str, number: int) -> None:
        """Delete a version, unless it is in use; its number is not given again."""
        delete_version(find_version(registry, name, number, actor=call.actor), actor=call.actor)


class VersionTag(View):
    @endpoint("set_version_tag", takes=TagShape)
    def put(self, call: Call, registry: str, name: str, number: int, key: str) -> None:
        """Set a tag of a version."""
        version = find_version(registry, name, number, actor=call.actor)
        set_version_tag(version, key, call.said["value"], actor=call.actor)

    @endpoint("delete_version_tag")
    def delete(self, call: Call, registry: str, name: str, number: int, key: str) -> None:
        """Remove a tag of a version, if it is there."""
        delete_version_tag(find_version(registry, name, number, actor=call.actor), key, actor=call.actor)


def _origin(call: Call) -> Origin:
    """Where the new version is to come from, found among what the actor sees."""
    said = call.said
    if run_id := said.get("run_id"):
        run = find_run(run_id, actor=call.actor)
        return Origin(source=f"runs:/{run_id}/{said['path']}".rstrip("/"), run=run, path=said["path"])
    if model_id := said.get("logged_model_id"):
        return Origin(source=f"models:/{model_id}", logged_model=find_logged_model(model_id, actor=call.actor))
    named = said["copy_of"]
    copied = find_version(named["registry"], named["name"], named["version"], actor=call.actor)
    return Origin(source=f"models:/{named['name']}/{named['version']}", copied_from=copied)
