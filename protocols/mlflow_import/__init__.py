"""Moving in: what a running MLflow server holds, brought into a registry. Run by an operator, never by the web."""
