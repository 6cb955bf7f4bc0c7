"""PURE: Tencent's credential formats, byte by byte.

Callers pass the time, the keys and any randomness; this package does no I/O. Times are aware UTC
datetimes and lifetimes are timedeltas; epoch seconds stay inside. `issue_…` makes a credential or
raises a `SigningError`; `verify_…` returns the content or raises `VerificationFailed` with the
reason. Authorization is up to the callers.
"""
