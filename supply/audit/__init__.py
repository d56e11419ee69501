"""What is known to be wrong with what versions require: advisories, how they match, and what follows."""
