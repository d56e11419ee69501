"""The scan gate: what is inside the files of a version, and whether it may be loaded."""
