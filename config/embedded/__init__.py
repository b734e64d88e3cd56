"""PostgreSQL and Valkey started here, for a machine that has neither."""
