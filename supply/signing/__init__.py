"""Signatures as arithmetic: envelopes, statements, keys. Neither Django nor a database: the command verifies too."""
