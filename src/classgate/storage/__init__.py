"""The way out to data: the database, and small shared counters. Rows and SQL stay with features."""
