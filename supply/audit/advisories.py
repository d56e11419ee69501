"""Reading advisories: public knowledge, for whoever is signed in."""

import json
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.models import User
from lib.errors import NotFound
from supply.audit.osv import normalised
from supply.models import Advisory, AdvisoryImport, AffectedPackage

LONGEST_QUERY = 200


def documents() -> Iterator[tuple[str, object]]:
    """Every record as it came, by identifier, read a few at a time."""
    rows = Advisory.objects.filter(gone_at=None).order_by("identifier")
    yield from rows.values_list("identifier", "document").iterator(chunk_size=200)


def imports() -> QuerySet[AdvisoryImport]:
    """What was brought in, newest first."""
    return AdvisoryImport.objects.select_related("by").order_by("-pk")


def advisories_about(words: str = "", package: str = "") -> QuerySet[Advisory]:
    """Advisories of this name or alias, with such a beginning, or about a package of this name; all without words."""
    rows = Advisory.objects.filter(gone_at=None).defer("document")
    if package:
        rows = rows.filter(_about(package))
    if words:
        words = words[:LONGEST_QUERY]
        # Thousands of rows, and a search by hand: no index is worth its room.
        rows = rows.annotate(names=Cast("aliases", TextField()))
        named = Q(identifier__istartswith=words) | Q(names__icontains=json.dumps(words))
        rows = rows.filter(named | Q(_about(words)))
    return rows


def find_advisory(identifier: str, *, actor: User) -> Advisory:
    """The advisory of this name. Raises NotFound."""
    found = Advisory.objects.filter(identifier=identifier).first()
    if found is None:
        raise NotFound(f"There is no advisory {identifier[:100]}.")
    return found


def affected_by(advisory: Advisory) -> QuerySet[AffectedPackage]:
    """What it says about which package."""
    return AffectedPackage.objects.filter(advisory=advisory).order_by("package", "pk")


def _about(package: str) -> Exists:
    name = normalised(package.strip()[:LONGEST_QUERY])
    return Exists(AffectedPackage.objects.filter(advisory=OuterRef("pk"), package=name))
