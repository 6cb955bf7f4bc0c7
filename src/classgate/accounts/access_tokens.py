"""Access tokens: opaque, random, and stored only as a digest.

A digest of 256 random bits needs no salt and no slow hash: there is nothing to guess.
"""

import hashlib
import secrets

from classgate.accounts.models import SessionChannel

# Secret scanners recognise a leaked token by the prefix. Legacy clients accept 50 characters at
# most, and no token that begins with 0.
_PREFIXES = {
    SessionChannel.API: "cgt_",
    SessionChannel.CONSOLE: "cgs_",
    SessionChannel.LEGACY: "cgl_",
}


def new_token(channel: SessionChannel) -> str:
    """Return a new token: 256 random bits in a form that fits a header."""
    return _PREFIXES[channel] + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the digest that is stored and looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_session_id() -> str:
    """Return a new public session id, by which its owner lists and ends it."""
    return f"s{secrets.token_hex(12)}"
