"""Which licence a version is under, who says so, and whether it is among those that somebody allows."""
