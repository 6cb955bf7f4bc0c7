"""DOOR: the HTTP API, version 1. Parses, asks a service, answers; no rule lives here."""
