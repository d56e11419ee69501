"""Carrying: one file for each kind of thing, and the journey that they share."""
