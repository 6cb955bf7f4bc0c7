"""Replays and recordings of ended classes."""
