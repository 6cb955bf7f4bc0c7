"""Builds the application from the settings: every service and the periodic work."""
