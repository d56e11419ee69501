"""Versions and what they are made from."""

from collections.abc import Mapping

from accounts.models import User
from blobs.operations.folders import put_file
from blobs.operations.uploads import store_bytes
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import Origin, create_version
from tests.factories.tracking import new_run
from tracking.models import Run


def run_with_files(model: RegisteredModel, files: Mapping[str, bytes], *, actor: User) -> Run:
    """A run in the default experiment of the model's registry that holds these files."""
    run = new_run(model.registry, actor=actor)
    for path, content in files.items():
        put_file(run.folder, path, store_bytes([content], length=len(content), actor=actor), actor=actor)
    return run


def register_files(model: RegisteredModel, files: Mapping[str, bytes], *, actor: User) -> ModelVersion:
    """The next version of the model, registered from a run that holds these files."""
    run = run_with_files(model, files, actor=actor)
    return create_version(model, Origin(source=f"runs:/{run.run_id}", run=run, path=""), actor=actor)
