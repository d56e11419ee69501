"""Changes to advisories, signatures, keys and bills."""
