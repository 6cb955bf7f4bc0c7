"""HMAC with a key that is hashed only once."""

from typing import Final

from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC


class KeyedHmac:
    """Computes the HMACs of one key, each from a copy of the keyed state."""

    def __init__(self, key: bytes, algorithm: HashAlgorithm) -> None:
        self._keyed: Final = HMAC(key, algorithm)

    def __repr__(self) -> str:
        return "<KeyedHmac>"

    def digest(self, text: bytes) -> bytes:
        """Return the MAC of the text."""
        mac = self._keyed.copy()
        mac.update(text)
        return mac.finalize()

    def hexdigest(self, text: bytes) -> str:
        """Return the MAC of the text in lower-case hex digits."""
        return self.digest(text).hex()
