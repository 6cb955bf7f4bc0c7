"""UserSig: the signature with which a person logs in to IM and real-time audio/video.

Version 1 is signed with an elliptic curve key, version 2 with the application's secret key; the
kind of key decides. For whom one is signed, and for how long, is decided elsewhere.
Sources: "tencentyun/tls-sig-api", "tencentyun/tls-sig-api-v2-python".
"""

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Literal

from classgate.errors import InvalidIdentifier, SigningError, VerificationFailed
from classgate.signing.encoding import encode_base64
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey, SdkSecretKey
from classgate.signing.token_envelope import compress_token, decompress_token
from classgate.signing.user_sig_content import (
    SignedContent,
    UserSigContent,
    members_to_sign,
    read_members,
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
    """Says to `verify_user_sig` that there must be a userbuf, whatever it holds."""

    ANY = "any"


ANY_USERBUF: Final = AnyUserbuf.ANY


def require_identifier(identifier: str) -> str:
    """The identifier itself when it may be signed. InvalidIdentifier otherwise.

    The old tools pasted it into JSON text: `bob","TLS.identifier":"alice` logged in as alice.
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
    """A UserSig of version 1 or 2, as the key is; with a userbuf, a ticket.

    InvalidIdentifier, or SigningError for a number or a time outside the format.
    """
    require_identifier(identifier)
    if not 1 <= sdk_app_id <= MAX_SDK_APP_ID:
        raise SigningError("an SDKAppID is a number from 1 to 4294967295")
    if userbuf is not None and len(userbuf) > MAX_USERBUF_BYTES:
        raise SigningError("a userbuf has at most 8192 bytes")
    version: Literal[1, 2] = 1 if isinstance(key, EcdsaPrivateKey) else 2
    return sign_content(
        key, UserSigContent(version, sdk_app_id, identifier, issued_at, lifetime, userbuf)
    )


def sign_content(key: SigningKey, content: UserSigContent, *, appid_at_3rd: str = "0") -> str:
    """Sign whatever the content says; the identifier rule is not asked.

    For comparing with other programs, never for people: `issue_user_sig` is the way to issue.
    SigningError when the content cannot be encoded or is of the other version than the key.
    """
    if (content.version == 1) != isinstance(key, EcdsaPrivateKey):
        raise SigningError("version 1 is signed with a key file, version 2 with a secret key")
    members, text = members_to_sign(content, appid_at_3rd=appid_at_3rd)
    return compress_token({**members, "TLS.sig": encode_base64(key.sign(text))})


def read_user_sig(token: str) -> UserSigContent:
    """What a token says, unverified, for explaining it. VerificationFailed (format)."""
    return parse_user_sig(token).content


def parse_user_sig(token: str) -> SignedContent:
    """A token's content with its signed text and signature. VerificationFailed (format)."""
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
    """The content of a token that is good for this person, application and moment.

    Without `userbuf` the token must be a plain UserSig, with it a ticket of just that content, with
    ANY_USERBUF any ticket. VerificationFailed, in this order: format, signature, identifier,
    sdkappid, expired, userbuf. A time of issue in the future is not looked at, as nowhere else.
    """
    signed = parse_user_sig(token)
    content = signed.content
    _require_signature(signed, key, as_ticket=userbuf is not None)
    if content.identifier != identifier:
        raise VerificationFailed("identifier", "the token was issued for another identifier")
    if content.sdk_app_id != sdk_app_id:
        raise VerificationFailed("sdkappid", "the token was issued for another SDKAppID")
    if at > content.expires_at:
        raise VerificationFailed("expired", "the token has expired")
    _require_userbuf(content, userbuf)
    return content


def _require_signature(signed: SignedContent, key: VerifyingKey, *, as_ticket: bool) -> None:
    if (signed.content.version == 1) != isinstance(key, EcdsaPublicKey):
        raise VerificationFailed(
            "signature",
            f"the token is of version {signed.content.version}, and the key is of the other one",
        )
    if signed.content.userbuf is not None and not as_ticket:
        # The plain signed text has no userbuf line, so no verifier finds its signature good.
        raise VerificationFailed("signature", "the token is a userbuf ticket, not a plain UserSig")
    if signed.signature is None or not key.verify(signed.signature, signed.signed_text):
        raise VerificationFailed("signature", "the signature is not this key's over this content")


def _require_userbuf(content: UserSigContent, wanted: bytes | AnyUserbuf | None) -> None:
    if wanted is None:
        return
    if content.userbuf is None:
        raise VerificationFailed("userbuf", "the token is a plain UserSig, without a userbuf")
    if wanted is not ANY_USERBUF and content.userbuf != wanted:
        raise VerificationFailed("userbuf", "the token holds another userbuf")
