"""What a policy can ask of a version's supply chain. Each answers with a Check."""
