"""Django's engine for PostgreSQL with a cheaper look at a connection before each request."""
