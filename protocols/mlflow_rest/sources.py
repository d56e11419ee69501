"""What the `source` of a new version means. It is looked up among what the actor sees; it is never opened."""

import re
from urllib.parse import unquote

from accounts.models import User
from lib import paths
from lib.errors import Invalid, NotFound
from protocols.mlflow_rest import artifact_paths
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import Origin
from registry.queries import find_version
from registry.search import is_prompt
from tracking.models import LoggedModel, Run
from tracking.queries import find_logged_model, find_run

LONGEST = 2_048
# What prompts have instead of files.
_PLACEHOLDERS = ("dummy-source", "prompt-template")
_LOGGED_MODEL = re.compile(r"models:/(m-[0-9a-f]{32})")
_VERSION = re.compile(r"models:/([^/@]+)/(\d{1,9})")
_RUN = re.compile(r"runs:/([0-9a-f]{32})(?:/(.*))?")
_ARTIFACTS = re.compile(
    r"(?:mlflow-artifacts:(?://[^/]*)?/|https?://[^/]+/(?:[^#?]*/)?api/2\.0/mlflow-artifacts/artifacts/)(?P<path>.+)"
)
# Storage that a team keeps itself: the address is stored as given, and nothing here ever opens it.
_ELSEWHERE = re.compile(r"(?:s3|s3a|gs|wasbs|abfss|hdfs|dbfs|r2|b2|oss)://?[^\x00-\x20]+")


def origin_of(source: str, model: RegisteredModel, *, run_id: str, model_id: str, actor: User) -> Origin:
    """Where a new version of the model comes from. Raises Invalid for a source that means nothing here, NotFound."""
    _check(source)
    run = find_run(run_id, actor=actor) if run_id else None
    logged_model = find_logged_model(model_id, actor=actor) if model_id else None
    if match := _LOGGED_MODEL.fullmatch(source):
        found = find_logged_model(match[1], actor=actor)
        return Origin(source=source, run=run, logged_model=found)
    if match := _VERSION.fullmatch(source):
        return _copy(find_version(model.registry, match[1], int(match[2]), actor=actor))
    if match := _RUN.fullmatch(source):
        return _from_run(source, find_run(match[1], actor=actor), match[2] or "", run)
    if match := _ARTIFACTS.fullmatch(source):
        return _from_artifacts(source, match["path"], run, actor)
    if (source in _PLACEHOLDERS and is_prompt(model)) or _ELSEWHERE.fullmatch(source):
        return Origin(source=source, run=run, logged_model=logged_model)
    raise Invalid(
        "source",
        f"Invalid model version source: '{source[:200]}'. Use runs:/, models:/, mlflow-artifacts:/ or an object store.",
    )


def download_uri(version: ModelVersion) -> str:
    """Where clients get the files of a version: from its frozen tree, or from where an external one says they are."""
    if version.tree is None:
        origin = version
        while origin.copied_from is not None:
            origin = origin.copied_from
        return origin.source
    return f"mlflow-artifacts:/versions/{version.model.registry.name}/{version.model.name}/{version.number}"


def _check(source: str) -> None:
    if not source:
        raise Invalid("source", "Missing value for required parameter 'source'.")
    if len(source) > LONGEST:
        raise Invalid("source", f"'source' exceeds the maximum length of {LONGEST} characters.")
    decoded = source
    for _ in range(4):
        if ".." in decoded.replace("\\", "/").split("/") or re.search(r"[\x00-\x1f\\#;]", decoded):
            raise Invalid("source", f"Invalid model version source: '{source[:200]}'. It may not lead elsewhere.")
        decoded = unquote(decoded)


def _copy(version: ModelVersion) -> Origin:
    return Origin(source=f"models:/{version.model.name}/{version.number}", copied_from=version)


def _from_run(source: str, run: Run, path: str, named: Run | None) -> Origin:
    if named and named != run:
        raise Invalid("source", f"Invalid model version source: '{source}' is not in the run {named.run_id}.")
    return Origin(source=source, run=run, path=paths.clean_folder(path, field="source"))


def _from_artifacts(source: str, path: str, named: Run | None, actor: User) -> Origin:
    try:
        place = artifact_paths.resolve(path.rstrip("/"), actor=actor)
    except NotFound as error:
        raise Invalid("source", f"Invalid model version source: there is nothing at '{source[:200]}'.") from error
    if isinstance(place.owner, Run):
        return _from_run(source, place.owner, place.path, named)
    if isinstance(place.owner, LoggedModel) and not place.path:
        return Origin(source=source, run=named, logged_model=place.owner)
    if isinstance(place.owner, ModelVersion) and not place.path:
        return _copy(place.owner)
    raise Invalid("source", f"Invalid model version source: '{source[:200]}' is only a part of a model.")
