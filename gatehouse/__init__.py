"""The `gatehouse` command: for terminals and CI. It needs neither a server nor Django."""

__version__ = "0.1.0"
