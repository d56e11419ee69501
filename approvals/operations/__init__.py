"""Changes to policies and reviews."""
