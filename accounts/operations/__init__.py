"""Changes to people, teams, tokens and registries."""
