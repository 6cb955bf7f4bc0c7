"""Making UserSig tokens by hand, good and bad, without the code under test."""

import base64
import hashlib
import hmac
import json
import zlib

SECRET = "56d229b32cdf556e36afb190876bca5ae6dcd24fcce2fb1789bf0ab0874c8f43"


def seal(text: bytes) -> str:
    """The envelope around any text."""
    return spell(zlib.compress(text))


def spell(data: bytes) -> str:
    """The UserSig alphabet around any bytes."""
    standard = base64.b64encode(data).decode()
    return standard.replace("+", "*").replace("/", "-").replace("=", "_")


def signed_members(
    changes: dict[str, object] | None = None, *, identifier: str = "amy"
) -> dict[str, object]:
    """The members of a version 2 UserSig for SDKAppID 1400000000, signed and then changed."""
    text = (
        f"TLS.identifier:{identifier}\nTLS.sdkappid:1400000000\n"
        "TLS.time:1700000000\nTLS.expire:3600\n"
    )
    digest = hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256)
    members: dict[str, object] = {
        "TLS.ver": "2.0",
        "TLS.identifier": identifier,
        "TLS.sdkappid": 1400000000,
        "TLS.expire": 3600,
        "TLS.time": 1700000000,
        "TLS.sig": base64.b64encode(digest).decode(),
    }
    return {**members, **(changes or {})}


def token(members: dict[str, object]) -> str:
    return seal(json.dumps(members).encode())
