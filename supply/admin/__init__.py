"""The supply chain in the admin, a file for each family of tables."""

from supply.admin import signing

__all__ = ["signing"]
