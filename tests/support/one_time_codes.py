"""Codes of an authenticator app, computed by RFC 4226 and RFC 6238 alone."""

import base64
import hmac


def code_at(secret: str, unix: float, *, steps: int = 0) -> str:
    """The code that an app shows at that time; `steps`: so many codes later."""
    counter = int(unix) // 30 + steps
    mac = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def another_code(secret: str, unix: float) -> str:
    """A code that is wrong around that time."""
    right = {code_at(secret, unix, steps=steps) for steps in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)
