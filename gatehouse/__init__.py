"""The `gatehouse` command: a thin client for terminals and CI."""
