"""Refusals: who was refused what, and why; kept for a while, to answer the person's question."""
