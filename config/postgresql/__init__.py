"""Django's engine for PostgreSQL with what many short requests need."""
