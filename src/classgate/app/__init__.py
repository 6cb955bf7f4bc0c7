"""Settings become an application: wiring of every service, and its periodic work."""
