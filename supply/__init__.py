"""What a version is made of and who vouches for it: dependencies, advisories, signatures, attestations, bills."""
