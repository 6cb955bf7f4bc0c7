"""PURE: encrypts the secrets of second factors, so that a copy of the database has none.

AES-256-GCM under a key derived from `audit.key`. The account's number is authenticated with it: a
row that was moved to another account cannot be decrypted.
"""

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_SIZE = 12

_PURPOSE = b"classgate second factor 1"


class SecretSealer:
    """Encrypts with the first key, and decrypts with any."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._ciphers = [AESGCM(_derive(each)) for each in secrets]

    def seal(self, secret: str, account_id: int, nonce: bytes) -> str:
        """Return the encrypted secret. The nonce must be new and random."""
        sealed = self._ciphers[0].encrypt(nonce, secret.encode(), _context(account_id))
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, account_id: int) -> str | None:
        """Return the secret; None: it was sealed under another key, or changed."""
        found = self._decrypt(sealed, account_id)
        return None if found is None else found[1]

    def find_key(self, sealed: str, account_id: int) -> int | None:
        """Return under which of the keys it was sealed, 0 the first; None: under none."""
        found = self._decrypt(sealed, account_id)
        return None if found is None else found[0]

    def _decrypt(self, sealed: str, account_id: int) -> tuple[int, str] | None:
        try:
            raw = base64.b64decode(sealed, validate=True)
        except ValueError:
            return None
        for number, cipher in enumerate(self._ciphers):
            try:
                opened = cipher.decrypt(raw[:NONCE_SIZE], raw[NONCE_SIZE:], _context(account_id))
            except (InvalidTag, ValueError):
                continue
            return number, opened.decode()
        return None

    def __repr__(self) -> str:
        return "SecretSealer(…)"


def _derive(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())


def _context(account_id: int) -> bytes:
    return b"account %d" % account_id
