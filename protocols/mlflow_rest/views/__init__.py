"""What each address does, one module for each noun of the wire; every module ends in its list of routes."""
