"""UserSigs and PrivateMapKeys: found, repaired, read and checked."""
