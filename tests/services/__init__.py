"""Real parts for the tests: PostgreSQL, Redis, an S3 server and a browser, started once a run and stopped after it."""
