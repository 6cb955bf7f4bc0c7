"""Access tokens: opaque, random, and stored only as a digest.

A digest of 256 random bits needs no salt and no slow hash: there is nothing to guess.
"""

import hashlib
import secrets

_PREFIX = "cgt_"  # lets a leaked token be recognised by scanners


def new_token() -> str:
    """256 random bits, in a form that fits a header."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored and looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_session_id() -> str:
    """The public name of a session, by which its owner lists and ends it."""
    return f"s{secrets.token_hex(12)}"
