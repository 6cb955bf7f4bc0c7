"""The security token service: temporary credentials for a policy."""
