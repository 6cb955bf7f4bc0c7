"""Tries the well-known mistakes of signers until one gives the signature that was pasted.

A mistake that gives it is proven. The number of attempts is bounded: texts with the right keys,
and keys with the right text, never both wrong.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from classgate.explain.models import CauseCode, ExplainContext, PublicKey
from classgate.explain.pasted_text import shown
from classgate.explain.user_sigs.claims import Claims

_HASHES: Final = ("sha1", "sha512", "md5", "sha384")


@dataclass(frozen=True)
class Mistake:
    """A proven mistake: the cause, the setting of the key, and details for the evidence."""

    cause: CauseCode
    key: str
    detail: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class _Secret:
    name: str
    key: bytes


def find_mistake(
    claims: Claims, context: ExplainContext, identifiers: tuple[str, ...]
) -> Mistake | None:
    """Return the mistake that gives the signature; None: none of those that are known.

    `identifiers` are names that the token may have been signed for, instead of its own.
    """
    signature = claims.signature
    if claims.version == 1:
        if signature is None:
            return None
        return _of_version_1(claims, context, identifiers, signature)
    if claims.version == 2:
        return _of_version_2(claims, context, identifiers)
    return None


# ── version 2: HMAC ─────────────────────────────────────────────────────────────────────────────


def _of_version_2(
    claims: Claims, context: ExplainContext, identifiers: tuple[str, ...]
) -> Mistake | None:
    given, text = claims.signature, _bytes(claims.signed_text())
    secrets = [_Secret(each.name, _bytes(each.text)) for each in context.sdk_secrets]
    raw = str(claims.members.get("TLS.sig", ""))
    for secret in secrets:
        if _is_hex_of(hmac.digest(secret.key, text, "sha256"), given, raw):
            return Mistake(CauseCode.SIGNATURE_IN_HEX, secret.name)
    if given is None:
        return None
    others = list(_other_texts(claims, context, identifiers))
    for secret in secrets:
        for mistake, other in others:
            if _is_mac(secret.key, _bytes(other), given):
                return Mistake(mistake.cause, secret.name, mistake.detail)
        if any(_is_mac(secret.key, text, given, name) for name in _HASHES):
            return Mistake(CauseCode.WRONG_HASH, secret.name)
    return next((each for each, key in _other_keys(context) if _is_mac(key, text, given)), None)


def _is_mac(key: bytes, text: bytes, given: bytes, algorithm: str = "sha256") -> bool:
    return hmac.compare_digest(hmac.digest(key, text, algorithm), given)


def _is_hex_of(digest: bytes, given: bytes | None, raw: str) -> bool:
    """Return whether the signature is the digest in hex: as it is, or encoded again."""
    wanted = digest.hex()
    as_text = "" if given is None else given.decode("ascii", errors="replace")
    return any(
        hmac.compare_digest(_bytes(each.lower()), _bytes(wanted)) for each in (raw.strip(), as_text)
    )


def _other_keys(context: ExplainContext) -> Iterator[tuple[Mistake, bytes]]:
    for secret in context.sdk_secrets:
        yield from _variants(secret.name, secret.text)
    for cloud in context.cloud_keys:
        yield Mistake(CauseCode.CLOUD_KEY_USED, cloud.name), _bytes(cloud.secret_key)
        yield Mistake(CauseCode.CLOUD_KEY_USED, cloud.name), _bytes(cloud.secret_id)
    for public in context.public_keys:
        for pem in _pem_texts(public):
            yield Mistake(CauseCode.PEM_AS_SECRET, public.name), _bytes(pem)


def _pem_texts(public: PublicKey) -> Iterator[str]:
    body = base64.encodebytes(public.key.to_der()).decode().replace("\n", "")
    lines = "\n".join(re.findall(".{1,64}", body))
    pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----"
    for text in (pem, public.private_pem.strip()):
        yield text
        yield f"{text}\n"
    yield body


def _variants(name: str, text: str) -> Iterator[tuple[Mistake, bytes]]:
    """Yield the keys that are made of a secret by mistake."""
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
        yield Mistake(CauseCode.HEX_DECODED_KEY, name), bytes.fromhex(text)
    decoded = _base64_decoded(text)
    if decoded is not None:
        yield Mistake(CauseCode.BASE64_DECODED_KEY, name), decoded
    encoded = base64.b64encode(_bytes(text))
    yield Mistake(CauseCode.BASE64_DECODED_KEY, name, ("encoded", "编码")), encoded
    bare = text.strip()
    for blank in ("\n", "\r\n", " ", "\t", "\r", "\n\n", "\0"):
        yield Mistake(CauseCode.WHITE_SPACE_AROUND_KEY, name), _bytes(bare + blank)
    yield Mistake(CauseCode.WHITE_SPACE_AROUND_KEY, name), _bytes(f" {bare}")
    yield Mistake(CauseCode.WHITE_SPACE_AROUND_KEY, name), _bytes(f" {bare} ")
    if bare != text:
        yield Mistake(CauseCode.WHITE_SPACE_AROUND_KEY, name), _bytes(bare)
    for sign in ("\ufeff", "\u200b", "\u00a0", "\u200e", "\u2060", "\u3000"):
        detail = (f"U+{ord(sign):04X}",) * 2
        yield Mistake(CauseCode.INVISIBLE_CHARACTER, name, detail), _bytes(sign + bare)
        yield Mistake(CauseCode.INVISIBLE_CHARACTER, name, detail), _bytes(bare + sign)
    for quote in ('"', "'"):
        yield Mistake(CauseCode.QUOTES_AROUND_KEY, name), _bytes(f"{quote}{bare}{quote}")
    yield Mistake(CauseCode.KEY_CASE_CHANGED, name), _bytes(bare.upper())
    yield Mistake(CauseCode.KEY_CASE_CHANGED, name), _bytes(bare.lower())
    for cut in (bare[:-1], bare[1:], bare[:-2], bare[2:], bare[:32], bare[:-4]):
        yield Mistake(CauseCode.KEY_CUT, name), _bytes(cut)


def _other_texts(
    claims: Claims, context: ExplainContext, identifiers: tuple[str, ...]
) -> Iterator[tuple[Mistake, str]]:
    """Yield the texts that are signed by mistake, the likeliest first."""
    text = claims.signed_text()
    yield from _other_claims(claims, context, identifiers)
    yield from _other_userbufs(claims)
    differs = CauseCode.SIGNED_TEXT_DIFFERS
    without = ("the last line end is missing", "缺少最后一个换行")
    yield Mistake(differs, "", without), text.removesuffix("\n")
    windows = ("the lines end with CR LF", "换行用了 CR LF")
    yield Mistake(differs, "", windows), text.replace("\n", "\r\n")
    order = ("the lines have another order", "各行的顺序不同")
    lines = text.splitlines(keepends=True)
    for other in permutations(lines) if len(lines) <= 5 else ():
        yield Mistake(differs, "", order), "".join(other)


def _other_claims(
    claims: Claims, context: ExplainContext, identifiers: tuple[str, ...]
) -> Iterator[tuple[Mistake, str]]:
    for identifier in identifiers:
        what = (f"it was signed for {shown(identifier)}", f"签名针对的是 {shown(identifier)}")
        changes = {"TLS.identifier": identifier}
        yield Mistake(CauseCode.ALTERED, "", what), claims.signed_text(changes)
    if context.sdk_app_id is not None:
        what = (
            f"it was signed for SDKAppID {context.sdk_app_id}",
            f"签名针对的是 SDKAppID {context.sdk_app_id}",
        )
        name = "TLS.sdkappid" if claims.version == 2 else "TLS.sdk_appid"
        yield (
            Mistake(CauseCode.ALTERED, "", what),
            claims.signed_text({name: str(context.sdk_app_id)}),
        )


def _other_userbufs(claims: Claims) -> Iterator[tuple[Mistake, str]]:
    if not claims.has_userbuf:
        return
    userbuf = claims.userbuf
    text = claims.signed_text()
    unsigned = text.partition("TLS.userbuf:")[0]
    yield Mistake(CauseCode.USERBUF_NOT_SIGNED, ""), unsigned
    what = ("the userbuf was signed without base64", "userbuf 未经 base64 就签名")
    if userbuf is not None:
        try:
            raw = f"{unsigned}TLS.userbuf:{userbuf.decode()}\n"
        except UnicodeDecodeError:
            return
        yield Mistake(CauseCode.SIGNED_TEXT_DIFFERS, "", what), raw


# ── version 1: ECDSA ────────────────────────────────────────────────────────────────────────────


def _of_version_1(
    claims: Claims, context: ExplainContext, identifiers: tuple[str, ...], given: bytes
) -> Mistake | None:
    text = claims.signed_text()
    for public in context.public_keys:
        if len(given) == 64:
            r, s = int.from_bytes(given[:32], "big"), int.from_bytes(given[32:], "big")
            if public.key.verify(encode_dss_signature(r, s), _bytes(text)):
                return Mistake(CauseCode.RAW_SIGNATURE, public.name)
        for mistake, other in _version_1_texts(claims, context, identifiers):
            if public.key.verify(given, _bytes(other)):
                return Mistake(mistake.cause, public.name, mistake.detail)
    return None


def _version_1_texts(
    claims: Claims, context: ExplainContext, identifiers: tuple[str, ...]
) -> Iterator[tuple[Mistake, str]]:
    text = claims.signed_text()
    yield from _other_claims(claims, context, identifiers)
    yield from _other_userbufs(claims)
    differs = CauseCode.SIGNED_TEXT_DIFFERS
    third = ("the line TLS.appid_at_3rd differs", "TLS.appid_at_3rd 一行不同")
    without = re.sub(r"^TLS\.appid_at_3rd:.*\n", "", text)
    for other in (without, f"TLS.appid_at_3rd:0\n{without}", f"TLS.appid_at_3rd:\n{without}"):
        if other != text:
            yield Mistake(differs, "", third), other
    end = ("the last line end is missing", "缺少最后一个换行")
    yield Mistake(differs, "", end), text.removesuffix("\n")
    order = ("the lines have another order", "各行的顺序不同")
    yield Mistake(differs, "", order), "".join(sorted(text.splitlines(keepends=True)))


def _base64_decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def _bytes(text: str) -> bytes:
    """Return the bytes of any text; a lone surrogate was never signed by anybody."""
    return text.encode(errors="replace")
