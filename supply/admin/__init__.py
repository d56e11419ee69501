"""The supply chain in the admin."""

from supply.admin import advisories, bills

__all__ = ["advisories", "bills"]
