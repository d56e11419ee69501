"""Rows for tests that are not about how the rows come to be."""
