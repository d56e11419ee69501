"""Measuring: data to measure with, and how to run the measurements."""
