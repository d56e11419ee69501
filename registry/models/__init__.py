"""The tables of the model registry."""

from registry.models.models import ModelTag, RegisteredModel, RegisteredModelGrant
from registry.models.placements import Placement
from registry.models.protections import Protection
from registry.models.stages import Stage
from registry.models.versions import ModelVersion, VersionTag

__all__ = [
    "ModelTag",
    "ModelVersion",
    "Placement",
    "Protection",
    "RegisteredModel",
    "RegisteredModelGrant",
    "Stage",
    "VersionTag",
]
