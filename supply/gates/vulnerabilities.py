"""Whether something is known against what a version requires."""

from lib.checks import Check
from registry.models import ModelVersion
from supply.models.advisories import Severity


def vulnerability_check(version: ModelVersion, worst: Severity) -> Check:
    """Whether no vulnerability as bad as `worst` or worse is open. Nothing is known yet, so it does not hold."""
    return Check("vulnerabilities", False, f"Whether {version} has vulnerabilities of {worst} severity is not known.")
