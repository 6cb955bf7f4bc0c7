"""Import of accounts from CSV, all or nothing."""
