"""What is live: versions that stand under an alias or at a stage in use, and so are what people load."""

from django.db.models import Q, QuerySet

from registry.models import ModelVersion, Placement
from registry.models.stages import ARCHIVED, NO_STAGE


def live_placements() -> QuerySet[Placement]:
    """Every open placement at which a version is used."""
    return Placement.objects.filter(~Q(alias="") | ~Q(stage__name__in=(NO_STAGE, ARCHIVED)), closed_at=None)


def live_versions() -> QuerySet[ModelVersion]:
    """Every version that is live now, whoever may see it."""
    rows = ModelVersion.objects.filter(deleted_at=None, model__deleted_at=None)
    return rows.filter(pk__in=live_placements().values("version"))
