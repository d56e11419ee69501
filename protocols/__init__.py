"""The doors for machines: each folder speaks one protocol and translates its words, nothing else."""
