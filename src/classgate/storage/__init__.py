"""Storage: the database and rate limits. Tables and SQL belong to the features."""
