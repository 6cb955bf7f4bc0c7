"""The schema's history, and the way along it. Sees every feature's tables."""
