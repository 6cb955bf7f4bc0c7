"""The second factor of admins: time-based one-time codes of an authenticator app."""
