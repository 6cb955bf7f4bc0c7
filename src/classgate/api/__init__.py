"""ENTRANCE: the HTTP API, version 1. It parses, calls a service and answers; no rule is here."""
