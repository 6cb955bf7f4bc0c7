"""Codes and error replies: the catalogue, and what is explained by it."""
