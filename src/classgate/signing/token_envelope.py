"""The envelope of every UserSig: a flat JSON object, compressed with zlib, in its own base64.

It knows nothing of what the members mean; `user_sig_content` does. What it opens came from a
stranger, so every step has a bound. Source: "tencentyun/tls-sig-api" and its siblings.
"""

import zlib
from collections.abc import Mapping

import msgspec

from classgate.errors import VerificationFailed
from classgate.signing.encoding import (
    decode_user_sig_base64,
    encode_user_sig_base64,
    strip_white_space,
)
from classgate.signing.strict_json import read_json_object

MAX_JSON_BYTES = 65_536
MAX_TOKEN_CHARACTERS = 100_000


def compress_token(members: Mapping[str, str | int]) -> str:
    """The token of these members, in their order."""
    # The bytes of the official libraries at half the memory. A large state goes back to the kernel
    # and is faulted in again by every call in a small process.
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 4)
    packed = packer.compress(msgspec.json.encode(members)) + packer.flush()
    return encode_user_sig_base64(packed)


def decompress_token(token: str) -> dict[str, object]:
    """The members of a token.

    White space anywhere is ignored, as the official verifiers do. VerificationFailed (format) for
    another alphabet, a broken stream, more than MAX_JSON_BYTES, text that is not one JSON object in
    UTF-8, or a member that stands twice (the official verifiers disagree on which one counts).
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise VerificationFailed("format", "the token is far longer than any UserSig")
    packed = decode_user_sig_base64(strip_white_space(token))
    return read_json_object(_decompress(packed))


def _decompress(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, MAX_JSON_BYTES)
    except zlib.error:
        raise VerificationFailed("format", "the token is not compressed as a UserSig is") from None
    if not unpacker.eof or unpacker.unused_data:
        raise VerificationFailed("format", "the token is cut, too large, or has something after it")
    return text
