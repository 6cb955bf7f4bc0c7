"""The envelope of a UserSig: a flat JSON object, compressed with zlib, in a variant of base64.

`user_sig_content` knows the members. The input is untrusted, so every step has a limit.
Source: "tencentyun/tls-sig-api" and its siblings.
"""

import zlib
from zlib import DEFLATED, compressobj

from classgate.errors import VerificationFailed
from classgate.signing.encoding import (
    decode_user_sig_base64,
    encode_user_sig_base64,
    strip_white_space,
)
from classgate.signing.strict_json import read_json_object

MAX_JSON_BYTES = 65_536
MAX_TOKEN_CHARACTERS = 100_000


def compress_token(text: bytes) -> str:
    """Return the token of a JSON object."""
    # These parameters give the bytes of the official libraries with half the memory. In a small
    # process, a larger state is returned to the kernel and faulted in again for every call.
    packer = compressobj(6, DEFLATED, 15, 4)
    packed = packer.compress(text) + packer.flush()
    return encode_user_sig_base64(packed)


def decompress_token(token: str) -> dict[str, object]:
    """Return the members of a token.

    White space is ignored, as by the official verifiers. VerificationFailed (format) for another
    alphabet, an invalid stream, more than MAX_JSON_BYTES, text that is not one JSON object in
    UTF-8, or a duplicate member (the official verifiers disagree on which one counts).
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise VerificationFailed("format", "the token is too long for a UserSig")
    packed = decode_user_sig_base64(strip_white_space(token))
    return read_json_object(_decompress(packed))


def _decompress(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, MAX_JSON_BYTES)
    except zlib.error:
        raise VerificationFailed("format", "the token is not compressed with zlib") from None
    if not unpacker.eof or unpacker.unused_data:
        raise VerificationFailed("format", "the token is truncated, too large or has trailing data")
    return text
