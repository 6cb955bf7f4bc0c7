"""The settings tree: its groups, its types, and how it is read once at start-up."""
