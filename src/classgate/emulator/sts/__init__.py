"""The security token service (STS): temporary credentials for a policy."""
