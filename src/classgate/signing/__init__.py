"""Tencent's credential formats, byte by byte, and nothing else.

This room is pure: it is given the time, the keys and any randomness, and does no I/O. Times at its
functions are aware UTC datetimes and lifetimes are timedeltas; epoch seconds stay inside.
`issue_…` makes a credential or raises a `SigningError`; `verify_…` returns the content or raises
`VerificationFailed` with the reason. Who may have a credential is decided elsewhere.
"""
