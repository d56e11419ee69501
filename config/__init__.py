"""Reads the environment and wires the floors together; nothing below imports from here."""

from config.celery import app as celery_app  # Django loads this package, and `shared_task` needs the app from then on

__all__ = ["celery_app"]
