"""FEATURE: who somebody is: accounts in independent mode, passwords, sessions, UserSig."""
