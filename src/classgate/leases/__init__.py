"""FEATURE: every credential given is a lease: who has what, until when, and what ends it."""
