"""Lines that people copy into a terminal or a notebook."""

import json
import re
import shlex
from collections.abc import Sequence
from urllib.parse import quote

from django.http import HttpRequest

from registry.models import ModelVersion, RegisteredModel
from supply.signatures import Signed
from supply.signing.statements import MODEL_SIGNING


def sign_in_snippet(request: HttpRequest, secret: str = "") -> str:
    """How an MLflow client finds this server and signs in."""
    return f"export MLFLOW_TRACKING_URI={_address(request)}\nexport MLFLOW_TRACKING_TOKEN={secret or '<your token>'}"


def register_snippet() -> str:
    """How the first version comes into being."""
    return """import mlflow

with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)
    mlflow.sklearn.log_model(
        model, name="model", registered_model_name="my-model"
    )"""


def load_snippet(model: RegisteredModel, where: str) -> str:
    """How a version is loaded; `where` is its number, its stage or its alias: `/3`, `/Production`, `@champion`."""
    uri = f"models:/{model.name}{where}"
    return "\n".join(
        ["import mlflow", "", *_workspace(model), "model = mlflow.pyfunc.load_model(", f"    {json.dumps(uri)}", ")"]
    )


def version_snippet(version: ModelVersion) -> str:
    """How exactly this version is loaded."""
    return load_snippet(version.model, f"/{version.number}")


def verify_snippet(version: ModelVersion, signed: Sequence[Signed]) -> str:
    """How a folder with the files of a version is verified without Gatehouse being asked."""
    shown = next((one for one in signed if one.anchor), signed[0] if signed else None)
    anchor = shown.anchor if shown else None
    is_authority = anchor is not None and anchor.kind == anchor.Kind.CERTIFICATE
    trusted = f"{_file_name(anchor.name) if anchor else 'signer'}.pem"
    folder = f"./{_file_name(version.model.name)}"
    signature = f"{folder}/{shlex.quote(shown.path)}" if shown and shown.path else "model.sig"
    option = "--certificate" if is_authority else "--key"
    lines = [f"gatehouse verify {folder} {option} {trusted} --signature {signature}"]
    if shown is None or shown.verification.predicate_type == MODEL_SIGNING:
        way = f"certificate {folder}" if is_authority else f"key {folder}"
        public = "--certificate_chain" if is_authority else "--public_key"
        lines += [
            "",
            "# or with the package of OpenSSF, which leaves out files of git:",
            f"model_signing verify {way} \\",
            f"    --signature {signature} {public} {trusted}",
        ]
    return "\n".join(lines)


def attestation_snippet(request: HttpRequest, version: ModelVersion) -> str:
    """How what was attested of a version is fetched and verified."""
    registry = quote(version.model.registry.name, safe="")
    place = f"{_address(request)}/api/v1/registries/{registry}"
    model = quote(version.model.name, safe="")
    return "\n".join(
        [
            'curl -H "Authorization: Bearer $TOKEN" \\',
            f"    {place}/signing-key | jq -r .current.pem > registry.pem",
            'curl -H "Authorization: Bearer $TOKEN" \\',
            f"    {place}/models/{model}/versions/{version.number}/attestations.intoto.jsonl \\",
            "    > attestations.intoto.jsonl",
            f"gatehouse verify ./{_file_name(version.model.name)} --key registry.pem \\",
            "    --attestations attestations.intoto.jsonl",
        ]
    )


def _file_name(name: str) -> str:
    """A name that any shell takes for one plain word."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "model"


def _workspace(model: RegisteredModel) -> list[str]:
    """Clients speak to the default registry unless they are told otherwise."""
    return [] if model.registry.is_default else [f'mlflow.set_workspace("{model.registry.name}")']


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
