"""PURE: time-based one-time codes (RFC 6238) of 6 digits, a new one every 30 seconds."""

import re
import unicodedata
from datetime import datetime

import pyotp
from pyotp.utils import strings_equal

ISSUER = "classgate"

_INTERVAL = 30
_DRIFT = (0, -1, 1)  # steps by which the clock of the telephone may be off


def provisioning_uri(secret: str, identifier: str) -> str:
    """Return the URI that an authenticator app reads from a QR code."""
    totp = pyotp.TOTP(secret, interval=_INTERVAL)
    return totp.provisioning_uri(name=identifier, issuer_name=ISSUER)


def find_step(secret: str, code: str, at: datetime, after: int | None) -> int | None:
    """Return the time step of a code; None: it is wrong, or no later than the step `after`.

    Digits of a Chinese input method and blanks between the digits are accepted.
    """
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if not re.fullmatch(r"[0-9]{6}", typed, re.ASCII):
        return None
    now = int(at.timestamp()) // _INTERVAL
    totp = pyotp.TOTP(secret, interval=_INTERVAL)
    for step in (now + drift for drift in _DRIFT):
        if strings_equal(totp.generate_otp(step), typed):
            return step if after is None or step > after else None
    return None
