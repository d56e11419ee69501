"""Asking for scans and carrying them out."""
