"""Presence: heartbeats, timeouts and attendance."""
