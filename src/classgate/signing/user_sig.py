"""UserSig: the signature with which a client logs in to IM and real-time audio/video.

An elliptic curve key signs version 1, the application's secret key version 2.
Sources: "tencentyun/tls-sig-api", "tencentyun/tls-sig-api-v2-python".
"""

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Literal

from classgate.errors import InvalidIdentifier, SigningError, VerificationFailed
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey, SdkSecretKey
from classgate.signing.token_envelope import compress_token, decompress_token
from classgate.signing.user_sig_content import (
    SignedContent,
    UserSigContent,
    members_to_sign,
    read_members,
    to_json,
)

__all__ = [
    "ANY_USERBUF",
    "IDENTIFIER_PATTERN",
    "AnyUserbuf",
    "SigningKey",
    "UserSigContent",
    "VerifyingKey",
    "issue_user_sig",
    "read_user_sig",
    "require_identifier",
    "sign_content",
    "verify_user_sig",
]

SigningKey = EcdsaPrivateKey | SdkSecretKey
VerifyingKey = EcdsaPublicKey | SdkSecretKey

IDENTIFIER_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
MAX_SDK_APP_ID: Final = 2**32 - 1
MAX_USERBUF_BYTES: Final = 8192


class AnyUserbuf(Enum):
    """Tells `verify_user_sig` to require a userbuf with any content."""

    ANY = "any"


ANY_USERBUF: Final = AnyUserbuf.ANY


def require_identifier(identifier: str) -> str:
    """Return the identifier if it is valid. InvalidIdentifier otherwise.

    Old tools inserted it into JSON text, where `bob","TLS.identifier":"alice` logged in as alice.
    """
    if IDENTIFIER_PATTERN.fullmatch(identifier) is None:
        raise InvalidIdentifier
    return identifier


def issue_user_sig(
    key: SigningKey,
    *,
    sdk_app_id: int,
    identifier: str,
    issued_at: datetime,
    lifetime: timedelta,
    userbuf: bytes | None = None,
) -> str:
    """Issue a UserSig.

    Args:
        key: the type of the key selects version 1 or 2.
        sdk_app_id: the SDKAppID, 1 to 4294967295. Not the APPID.
        identifier: the account, 1 to 32 of `A-Za-z0-9_-`.
        issued_at: rounded down to a second.
        lifetime: in whole seconds, at least one.
        userbuf: signed content, such as a PrivateMapKey payload; at most 8192 bytes. A UserSig
            with userbuf is valid only where a userbuf is expected.

    Raises:
        InvalidIdentifier: the identifier is not valid.
        SigningError: a number or a time is out of range.
    """
    require_identifier(identifier)
    if not 1 <= sdk_app_id <= MAX_SDK_APP_ID:
        raise SigningError("an SDKAppID must be a number from 1 to 4294967295")
    if userbuf is not None and len(userbuf) > MAX_USERBUF_BYTES:
        raise SigningError("a userbuf must have at most 8192 bytes")
    version: Literal[1, 2] = 1 if isinstance(key, EcdsaPrivateKey) else 2
    content = UserSigContent(version, sdk_app_id, identifier, issued_at, lifetime, userbuf)
    return _sign(key, content)


def sign_content(key: SigningKey, content: UserSigContent, *, appid_at_3rd: str = "0") -> str:
    """Sign content without validating it. To issue a UserSig, use `issue_user_sig`.

    For comparisons with other programs. SigningError: the content cannot be encoded, or its
    version is not that of the key.
    """
    if (content.version == 1) != isinstance(key, EcdsaPrivateKey):
        raise SigningError("version 1 requires a key file, version 2 a secret key")
    return _sign(key, content, appid_at_3rd)


def _sign(key: SigningKey, content: UserSigContent, appid_at_3rd: str = "0") -> str:
    members, text = members_to_sign(content, appid_at_3rd)
    members.signature = key.sign(text)
    return compress_token(to_json(members))


def read_user_sig(token: str) -> UserSigContent:
    """Return the unverified content of a token, to show it. VerificationFailed (format)."""
    return parse_user_sig(token).content


def parse_user_sig(token: str) -> SignedContent:
    """Return a token's content with its signed text and signature. VerificationFailed (format)."""
    return read_members(decompress_token(token))


def verify_user_sig(
    token: str,
    key: VerifyingKey,
    *,
    sdk_app_id: int,
    identifier: str,
    at: datetime,
    userbuf: bytes | AnyUserbuf | None = None,
) -> UserSigContent:
    """Verify a token and return its content.

    A time of issue in the future is accepted, as by Tencent's verifiers.

    Args:
        token: the UserSig.
        key: the public key (version 1) or the secret key (version 2).
        sdk_app_id: the expected SDKAppID.
        identifier: the expected identifier.
        at: the time of the verification; the last second of the lifetime is valid.
        userbuf: None requires a plain UserSig, bytes require exactly this userbuf, and
            ANY_USERBUF requires any.

    Raises:
        VerificationFailed: checked in this order: format, signature, identifier, sdkappid,
            expired, userbuf.
    """
    signed = parse_user_sig(token)
    content = signed.content
    _require_signature(signed, key, expects_userbuf=userbuf is not None)
    if content.identifier != identifier:
        raise VerificationFailed("identifier", "the token was issued for another identifier")
    if content.sdk_app_id != sdk_app_id:
        raise VerificationFailed("sdkappid", "the token was issued for another SDKAppID")
    if at > content.expires_at:
        raise VerificationFailed("expired", "the token has expired")
    _require_userbuf(content, userbuf)
    return content


def _require_signature(signed: SignedContent, key: VerifyingKey, *, expects_userbuf: bool) -> None:
    if (signed.content.version == 1) != isinstance(key, EcdsaPublicKey):
        raise VerificationFailed(
            "signature",
            f"the token has version {signed.content.version}, and the key belongs to the other one",
        )
    if signed.content.userbuf is not None and not expects_userbuf:
        # The signed text of a plain UserSig has no userbuf line, so every verifier refuses this.
        raise VerificationFailed(
            "signature", "the token is a UserSig with userbuf, not a plain UserSig"
        )
    if signed.signature is None or not key.verify(signed.signature, signed.signed_text):
        raise VerificationFailed("signature", "the signature does not match this key and content")


def _require_userbuf(content: UserSigContent, wanted: bytes | AnyUserbuf | None) -> None:
    if wanted is None:
        return
    if content.userbuf is None:
        raise VerificationFailed("userbuf", "the token is a plain UserSig, without a userbuf")
    if wanted is not ANY_USERBUF and content.userbuf != wanted:
        raise VerificationFailed("userbuf", "the token contains another userbuf")
