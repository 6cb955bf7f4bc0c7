"""Access tokens: opaque, random, and stored only as a digest.

A digest of 256 random bits needs no salt and no slow hash: there is nothing to guess.
"""

import hashlib
import secrets

from classgate.accounts.models import SessionChannel

# They let a leaked token be recognised by scanners. Old clients take 50 characters at most, and no
# token that begins with 0.
_PREFIXES = {SessionChannel.API: "cgt_", SessionChannel.LEGACY: "cgl_"}


def new_token(channel: SessionChannel) -> str:
    """256 random bits, in a form that fits a header."""
    return _PREFIXES[channel] + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored and looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_session_id() -> str:
    """The public name of a session, by which its owner lists and ends it."""
    return f"s{secrets.token_hex(12)}"
