"""Experiments, runs, measurements, logged models and their files: where versions come from."""
