"""The supply chain in the admin, a file for each family of tables."""

from supply.admin import advisories, bills, signing

__all__ = ["advisories", "bills", "signing"]
