"""Registered models, their versions, stages, aliases and placements: the heart of Gatehouse."""
