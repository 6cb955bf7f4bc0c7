"""FEATURE: leases. Every issued credential is a lease: who has what, until when, what ends it."""
