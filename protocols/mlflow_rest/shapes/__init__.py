"""Results of the house as MLflow clients expect them: plain dicts, one module for each floor."""
