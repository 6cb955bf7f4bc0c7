"""Copying a school from its SQLite file to a PostgreSQL server, whole and verified."""
