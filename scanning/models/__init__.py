"""The tables of scanning."""

from scanning.models.names import AllowedName
from scanning.models.quarantines import Quarantine
from scanning.models.releases import EngineRelease
from scanning.models.scans import OPEN_VERDICTS, Finding, Priority, Scan, Verdict, finding_key
from scanning.models.waivers import Waiver

__all__ = [
    "OPEN_VERDICTS",
    "AllowedName",
    "EngineRelease",
    "Finding",
    "Priority",
    "Quarantine",
    "Scan",
    "Verdict",
    "Waiver",
    "finding_key",
]
