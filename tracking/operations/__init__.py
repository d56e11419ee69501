"""Changes to experiments, runs, what they measured and the models that they logged."""
