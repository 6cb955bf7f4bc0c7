"""FEATURE: accounts in independent mode, passwords, sessions, UserSig."""
