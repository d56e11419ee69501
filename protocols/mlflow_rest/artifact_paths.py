"""What the paths of the artifact proxy mean. They are names; none of them ever becomes a path of this machine.

<experiment id>/<run id>/artifacts/<path>             a file of a run
<experiment id>/models/<model id>/artifacts/<path>    a file of a logged model
versions/<registry>/<model name>/<number>/<path>      a file of a version, which nobody writes to
"""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

import scanning.queries
from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from blobs.models import File, FolderFile, TreeFile
from blobs.queries import below, file_in_folder, find_file
from lib import paths
from lib.errors import Forbidden, Invalid, NotFound
from registry.models import ModelVersion
from registry.queries import version_for_download
from tracking import queries
from tracking.models import LoggedModel, Run

_RUN = re.compile(r"(?P<experiment>[0-9]{1,18})/(?P<id>[0-9a-f]{32})/artifacts(?:/(?P<path>.+))?")
_LOGGED_MODEL = re.compile(r"(?P<experiment>[0-9]{1,18})/models/(?P<id>m-[0-9a-f]{32})/artifacts(?:/(?P<path>.+))?")
_VERSION = re.compile(r"versions/(?P<registry>[^/]+)/(?P<name>[^/]+)/(?P<number>[0-9]{1,9})(?:/(?P<path>.+))?")

_NOTHING = "There are no artifacts at this path."


@dataclass(frozen=True)
class Place:
    """Whose files a path is about, and the path among them; the empty one is the top."""

    owner: Run | LoggedModel | ModelVersion
    path: str

    @property
    def files(self) -> QuerySet[Any]:
        """The files of the owner."""
        if not isinstance(self.owner, ModelVersion):
            return FolderFile.objects.filter(folder=self.owner.folder_id)
        return TreeFile.objects.none() if self.owner.tree is None else self.owner.tree.files.all()

    @property
    def mutable_owner(self) -> Run | LoggedModel:
        """The owner, if its files may change. Raises Forbidden for a version."""
        if isinstance(self.owner, ModelVersion):
            raise Forbidden(f"The files of {self.owner} never change; register another version.")
        return self.owner


def resolve(path: str, *, registry: Registry | None = None, actor: User) -> Place:
    """Where a path leads, if the actor may see it. Raises Invalid for a path that is none, NotFound.

    With a registry, only what is in it is there.
    """
    path = paths.clean(path)
    if match := _RUN.fullmatch(path):
        run = queries.find_run(match["id"], registry=registry, actor=actor)
        return _in_experiment(Place(run, match["path"] or ""), run.experiment_id, match["experiment"])
    if match := _LOGGED_MODEL.fullmatch(path):
        logged_model = queries.find_logged_model(match["id"], registry=registry, actor=actor)
        return _in_experiment(Place(logged_model, match["path"] or ""), logged_model.experiment_id, match["experiment"])
    match = _VERSION.fullmatch(path)
    if match and (registry is None or registry.name == match["registry"]):
        version = version_for_download(match["registry"], match["name"], int(match["number"]), actor=actor)
        return Place(version, match["path"] or "")
    raise NotFound(_NOTHING)


def file_at(place: Place) -> File:
    """The file at the place, with its blob. Raises NotFound, and Invalid for a folder."""
    paths.clean(place.path)
    if not isinstance(place.owner, ModelVersion) and (found := file_in_folder(place.owner.folder_id, place.path)):
        return found
    try:
        file: File = find_file(place.files, place.path)
    except NotFound:
        if below(place.files, place.path).exists():
            raise Invalid("path", "Invalid path: it names a folder, not a file.") from None
        raise
    return file


def require_download(place: Place, *, actor: User) -> None:
    """Return if the actor may read the bytes there."""
    if isinstance(place.owner, ModelVersion):
        scanning.queries.require_download(place.owner, actor=actor)
    else:
        access.require(actor, Right.DOWNLOAD, place.owner)


def _in_experiment(place: Place, experiment_id: int, named: str) -> Place:
    """The place, if it lies in the experiment that the path names."""
    if experiment_id != int(named):
        raise NotFound(_NOTHING)
    return place
