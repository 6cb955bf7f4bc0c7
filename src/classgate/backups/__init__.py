"""Copies of the database that are whole, and going on from one."""
