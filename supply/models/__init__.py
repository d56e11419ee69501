"""The tables of the supply chain."""

from supply.models.advisories import Advisory, AdvisoryImport, AffectedPackage, Severity
from supply.models.attestations import Attestation, SigningKey
from supply.models.bills import SuppliedBill
from supply.models.dependencies import Dependency, Exposure, Package, Vulnerability
from supply.models.signatures import Signature, TrustAnchor

__all__ = [
    "Advisory",
    "AdvisoryImport",
    "AffectedPackage",
    "Attestation",
    "Dependency",
    "Exposure",
    "Package",
    "Severity",
    "Signature",
    "SigningKey",
    "SuppliedBill",
    "TrustAnchor",
    "Vulnerability",
]
