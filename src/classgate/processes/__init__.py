"""The serving processes over one database: who lives, and what share of the budgets each has."""
