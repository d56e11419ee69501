"""What reading an envelope, a statement or a key can end with, other than well."""


class Malformed(ValueError):
    """A sentence: why this document is nothing that could be verified."""


class UnusableKey(ValueError):
    """A sentence: why nobody can sign with this key or certificate, or trust it. It never repeats what was given."""
