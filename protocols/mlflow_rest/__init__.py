"""The MLflow REST protocol, as unmodified MLflow clients speak it."""
