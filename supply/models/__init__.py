"""The tables of the supply chain."""

from supply.models.advisories import Advisory, AdvisoryImport, AffectedPackage
from supply.models.attestations import Attestation, SigningKey
from supply.models.bills import SuppliedBill
from supply.models.dependencies import Dependency, Package, Vulnerability
from supply.models.signatures import Signature, TrustAnchor

__all__ = [
    "Advisory",
    "AdvisoryImport",
    "AffectedPackage",
    "Attestation",
    "Dependency",
    "Package",
    "Signature",
    "SigningKey",
    "SuppliedBill",
    "TrustAnchor",
    "Vulnerability",
]
