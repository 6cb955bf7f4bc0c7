"""Opening a UserSig without the code under test."""

import base64
import json
import zlib
from typing import Any


def members_of(token: str) -> dict[str, Any]:
    """The JSON members of a token."""
    standard = token.replace("*", "+").replace("-", "/").replace("_", "=")
    members: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(standard)))
    return members


def claims_of(token: str) -> dict[str, Any]:
    """The members but for the signature and the stamp that no verifier looks at."""
    ignored = {"TLS.sig", "TLS.version"}
    return {name: value for name, value in members_of(token).items() if name not in ignored}
