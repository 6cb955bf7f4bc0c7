"""Signatures that carry the text that they sign: base64 of an HMAC-SHA1, followed by the text.

The COS JSON API (v4) and the VOD client upload use this form; each has its own text.
Sources: the COS JSON API signature document, the VOD client upload signature document (266/9221).
"""

import hmac
from typing import Final

from classgate.errors import VerificationFailed
from classgate.signing.encoding import decode_base64, encode_base64
from classgate.signing.keys import key_bytes

MAX_SIGNATURE_CHARACTERS: Final = 8192

_DIGEST_BYTES = 20


def sign_text(text: bytes, secret_key: str) -> str:
    """Return the signature of the text. Signs whatever it is given."""
    return encode_base64(_mac(text, secret_key) + text)


def split_signature(signature: str) -> tuple[bytes, bytes]:
    """Return the digest and the text of a signature, unverified. VerificationFailed (format)."""
    if len(signature) > MAX_SIGNATURE_CHARACTERS:
        raise VerificationFailed("format", "the signature is too long")
    data = decode_base64(signature)
    if len(data) <= _DIGEST_BYTES:
        raise VerificationFailed(
            "format", "the signature is truncated: it has no text after the digest"
        )
    return data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]


def verify_signed_text(signature: str, secret_key: str) -> bytes:
    """Return the text of a signature made with this key.

    Raises:
        VerificationFailed: format, signature.
    """
    digest, text = split_signature(signature)
    if not hmac.compare_digest(digest, _mac(text, secret_key)):
        raise VerificationFailed(
            "signature", "the signature does not match this key and its fields"
        )
    return text


def _mac(text: bytes, secret_key: str) -> bytes:
    return hmac.digest(key_bytes(secret_key), text, "sha1")
