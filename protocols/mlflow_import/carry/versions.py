"""Versions: their numbers, where they come from, and exactly the files that the source serves for them."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from blobs.models import Folder
from blobs.operations import folders
from lib import clock
from lib.errors import NotFound
from protocols.mlflow_import.carry.files import carry_into, sizes
from protocols.mlflow_import.carry.journey import REFUSALS, Journey, fitting, is_temporary, pairs, sentence
from protocols.mlflow_import.ledger import Kind
from protocols.mlflow_import.shelves import ProxyShelf, owner_in, proxied_path, stays_away
from protocols.mlflow_import.source import Source
from registry import names
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import Origin, create_version
from registry.queries import versions_for, versions_of
from registry.search import PROMPT_TAG
from tracking import queries
from tracking.models import LoggedModel, Run

PROMPTS_ONLY = f"tags.`{PROMPT_TAG}` = 'true'"
_RUN = re.compile(r"runs:/(?P<id>[0-9a-f]{32})(?:/(?P<path>.*))?")
_MODEL = re.compile(r"models:/(m-[0-9a-f]{32})")
# What prompts have instead of files.
_PLACEHOLDERS = ("dummy-source", "prompt-template")


class Left(Exception):
    """A version that stays behind; the message says why."""

    def __init__(self, message: str, *, is_temporary: bool = False) -> None:
        super().__init__(message)
        self.is_temporary = is_temporary


def listed(source: Source, name: str, *, of_prompt: bool = False) -> Iterator[dict[str, Any]]:
    """Every version of a model of the source, by number."""
    quote = "'" if "'" not in name else '"'
    filter_text = f"name = {quote}{name}{quote}" + (f" AND {PROMPTS_ONLY}" if of_prompt else "")
    rows = source.pages("GET", "model-versions/search", "model_versions", filter=filter_text, max_results=1_000)
    # By number, since the order of the source moves while somebody edits a version.
    return iter(sorted((row for row in rows if row["name"] == name), key=lambda row: int(row["version"])))


def key(row: dict[str, Any]) -> str:
    """What the ledger calls a version: by the name that its model has at the source, as people rename models here."""
    return f"{row['name']}/{int(row['version'])}"


def found(journey: Journey, model: RegisteredModel, row: dict[str, Any]) -> ModelVersion | None:
    """The version here that came from the source."""
    if not journey.ledger.is_done(Kind.VERSION, key(row)):
        return None
    return versions_of(model).filter(number=int(row["version"])).first()


def carry_version(journey: Journey, model: RegisteredModel, row: dict[str, Any]) -> None:
    """Bring one version with its number, so that the holes stay holes."""
    number = int(row["version"])
    told = f"{model.name} version {number}"
    if journey.ledger.is_done(Kind.VERSION, key(row)):
        journey.report.here["versions"] += 1
        return
    journey.tell(told)
    try:
        _create(journey, model, row, _origin(journey, model, row))
    except Left as why:
        journey.report.refuse("versions", told, str(why), again=why.is_temporary)
    except REFUSALS as error:
        journey.report.refuse("versions", told, sentence(error), again=is_temporary(error))
    else:
        journey.report.carried["versions"] += 1


@transaction.atomic
def _create(journey: Journey, model: RegisteredModel, row: dict[str, Any], origin: Origin) -> None:
    number, created = int(row["version"]), row.get("creation_timestamp")
    version = create_version(
        model,
        origin,
        description=row.get("description", ""),
        tags=fitting(journey, "version tags", key(row), pairs(row.get("tags")), names.check_tag),
        run_link=row.get("run_link", ""),
        number=number,
        created_at=clock.from_ms(int(created)) if created else None,
        actor=journey.actor,
    )
    if origin.folder is not None:
        # Its tree claims the bytes now.
        folders.remove(origin.folder, "", actor=journey.actor)
    journey.ledger.note(Kind.VERSION, key(row), version.pk, done=True)


def _origin(journey: Journey, model: RegisteredModel, row: dict[str, Any]) -> Origin:
    """Where the version comes from, here. Raises Left if it cannot come."""
    source, number = row.get("source", ""), row["version"]
    if row.get("status", "READY") != "READY":
        raise Left(f"the source calls it {row['status']}")
    run = _run(journey, row.get("run_id", ""))
    _await_lineage(journey, row, run)
    if source in _PLACEHOLDERS:
        return Origin(source=source, run=run)
    answer = journey.source.get("model-versions/get-download-uri", name=row["name"], version=number)
    uri = _resolved(journey, answer.get("artifact_uri", ""))
    top = proxied_path(journey.source, uri)
    if top is not None:
        return _from_proxy(journey, model, row, run, top)
    if stays_away(uri):
        # Clients will ask where its files are and read them there, as they did.
        return Origin(source=uri, run=run)
    return _from_owner(journey, row, run, uri)


def _await_lineage(journey: Journey, row: dict[str, Any], run: Run | None) -> None:
    """Raises Left if its run or logged model may come the next time: a version keeps the lineage of its beginning."""
    if not (journey.brings_experiments and journey.report.is_unfinished):
        return
    if (row.get("run_id") and run is None) or (_model_id(row) and _logged_model(journey, _model_id(row)) is None):
        raise Left("what it was made from is not here yet", is_temporary=True)


def _from_proxy(journey: Journey, model: RegisteredModel, row: dict[str, Any], run: Run | None, top: str) -> Origin:
    """The files that the proxy serves: those of the run or logged model here if they are the same, else brought now."""
    if not journey.takes_files:
        raise Left("a version has its files from the beginning, and --no-artifacts leaves them behind")
    source, shelf = row.get("source", ""), ProxyShelf(journey.source, top)
    wanted = dict(shelf.walk())
    run_id, model_id, path = owner_in(top)
    if not wanted:
        # Since MLflow 3 a path in a run may mean the logged model of that name, whose files are not in the run.
        if logged_model := _logged_in(journey, run_id, path):
            return Origin(source=source, run=run, logged_model=logged_model)
        raise Left("there are no files where it comes from")
    copied = _copied(journey, source)
    if copied and copied.tree and dict(copied.tree.files.values_list("path", "blob__size")) == wanted:
        return Origin(source=source, copied_from=copied)
    logged_model = _logged_model(journey, model_id or _model_id(row))
    if logged_model and sizes(logged_model.folder) == wanted:
        return Origin(source=source, run=run, logged_model=logged_model)
    owner = _run(journey, run_id)
    if owner and sizes(owner.folder, path) == wanted:
        return Origin(source=source, run=owner, path=path)
    folder = _folder(journey, key(row))
    is_whole, may_work_later = carry_into(journey, folder, shelf, f"{model.name} version {row['version']}")
    if not is_whole:
        raise Left("not every file of it came along", is_temporary=may_work_later)
    return Origin(source=source, run=run, folder=folder)


def _from_owner(journey: Journey, row: dict[str, Any], run: Run | None, uri: str) -> Origin:
    """Files in storage that the source reads itself: they are here only if their run or logged model is."""
    source = row.get("source", "")
    if not journey.takes_files:
        raise Left("a version has its files from the beginning, and --no-artifacts leaves them behind")
    logged_model = _logged_model(journey, _model_id(row))
    if logged_model and logged_model.folder.files.exists():
        return Origin(source=source, run=run, logged_model=logged_model)
    if run is not None:
        info = journey.source.get("runs/get", run_id=run.run_id, run_uuid=run.run_id)["run"]["info"]
        root = info.get("artifact_uri", "").rstrip("/")
        is_below = bool(root) and uri.startswith(f"{root}/")
        path = uri[len(root) + 1 :].strip("/") if is_below else ""
        if is_below and journey.ledger.is_done(Kind.RUN_FILES, run.run_id) and sizes(run.folder, path):
            return Origin(source=source, run=run, path=path)
    raise Left(f"the source does not serve its files: {uri.partition(':')[0]}:")


def _resolved(journey: Journey, uri: str) -> str:
    """The storage behind an address that names a run; others as they are. Raises SourceRefused."""
    match = _RUN.fullmatch(uri)
    if match is None:
        return uri
    info = journey.source.get("runs/get", run_id=match["id"], run_uuid=match["id"])["run"]["info"]
    return f"{info.get('artifact_uri', '').rstrip('/')}/{match['path'] or ''}".rstrip("/")


def _logged_in(journey: Journey, run_id: str, name: str) -> LoggedModel | None:
    """The newest logged model of that name that a run made."""
    rows = queries.logged_models_for(journey.actor, journey.registry).filter(source_run__run_id=run_id, name=name)
    newest = rows.order_by("-created_at").first() if run_id and name else None
    return _logged_model(journey, newest.model_id) if newest else None


def _copied(journey: Journey, source: str) -> ModelVersion | None:
    """The version that this one is a copy of, if it came along before."""
    name, slash, number = source.removeprefix("models:/").rpartition("/")
    if not source.startswith("models:/") or not slash or not number.isdecimal():
        return None
    line = journey.ledger.find(Kind.VERSION, f"{name}/{int(number)}")
    rows = (
        versions_for(journey.actor).filter(pk=line.target_id or 0)
        if line and line.done
        else ModelVersion.objects.none()
    )
    return rows.first()


def _folder(journey: Journey, name: str) -> Folder:
    """A folder for the files of one version, the same one after a kill."""
    line = journey.ledger.find(Kind.VERSION_FILES, name)
    folder = Folder.objects.filter(pk=line.target_id or 0).first() if line else None
    if folder is None:
        with transaction.atomic():
            folder = folders.create_folder(actor=journey.actor)
            journey.ledger.note(Kind.VERSION_FILES, name, folder.pk, done=False)
    return folder


def _run(journey: Journey, run_id: str) -> Run | None:
    """The run here that came from the source."""
    try:
        is_ours = run_id and journey.ledger.find(Kind.RUN, run_id)
        return queries.find_run(run_id, actor=journey.actor) if is_ours else None
    except NotFound:
        return None


def _model_id(row: dict[str, Any]) -> str:
    """The logged model that a version was made of; searches do not always say it."""
    match = _MODEL.fullmatch(row.get("source", ""))
    return row.get("model_id") or (match[1] if match else "")


def _logged_model(journey: Journey, model_id: str) -> LoggedModel | None:
    """The logged model here that came from the source, if its files are complete."""
    try:
        is_ours = model_id and journey.ledger.is_done(Kind.LOGGED_MODEL_FILES, model_id)
        logged_model = queries.find_logged_model(model_id, actor=journey.actor) if is_ours else None
    except NotFound:
        return None
    is_complete = logged_model is not None and logged_model.status == LoggedModel.Status.READY
    return logged_model if is_complete else None
