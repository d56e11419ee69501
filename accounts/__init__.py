"""Who is who, and who may do what where: people, service accounts, teams, tokens, registries and the grants on them."""
