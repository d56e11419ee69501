"""Reading which licence a version is under. Who may see the version was asked before."""

from dataclasses import dataclass

from blobs.models import Tree
from registry.models import ModelTag, ModelVersion, VersionTag
from scanning.models import OPEN_VERDICTS, Scan, Verdict
from supply.licences.expressions import BadLicence, parse

TAG_KEYS = ("license", "licence")


@dataclass(frozen=True)
class Stated:
    """What one place says about the licence; `expression` is empty where the text cannot be read as one."""

    text: str
    place: str
    expression: str


def licence_of(version: ModelVersion) -> tuple[str, str] | None:
    """The licence as an SPDX expression, and in words where it comes from; None where none is known.

    The files decide, as they never change; then a tag of the version, then one of the model.
    """
    return decisive(stated_licences(version))


def decisive(statements: list[Stated]) -> tuple[str, str] | None:
    """The first that can be read."""
    return next(((stated.expression, stated.place) for stated in statements if stated.expression), None)


def stated_licences(version: ModelVersion, facts: dict[str, object] | None = None) -> list[Stated]:
    """Everything that is said about the licence, what counts first. `facts` are those of the scan, if read before."""
    facts = facts_of(version.tree) if facts is None else facts
    said = [
        (str(facts[name]), str(facts.get(f"{name}_from") or "the files"))
        for name in ("license", "license_file")
        if facts.get(name)
    ]
    of_version = VersionTag.objects.filter(version=version, key__in=TAG_KEYS).order_by("key")
    of_model = ModelTag.objects.filter(model=version.model_id, key__in=TAG_KEYS).order_by("key")
    said += [(tag.value, f"the tag {tag.key} of the version") for tag in of_version]
    said += [(tag.value, f"the tag {tag.key} of the model") for tag in of_model]
    return [Stated(text[:500], place, _spelled(text)) for text, place in said]


def facts_of(tree: Tree | None) -> dict[str, object]:
    """What the last scan that read these files learned about them; nothing is known while none has."""
    scans = Scan.objects.filter(tree=tree).exclude(verdict__in=(*OPEN_VERDICTS, Verdict.FAILED)).order_by("-pk")
    facts = scans.values_list("facts", flat=True).first() if tree else None
    return facts if isinstance(facts, dict) else {}


def _spelled(text: str) -> str:
    try:
        return str(parse(text))
    except BadLicence:
        return ""
