"""Records in one table of PostgreSQL."""
