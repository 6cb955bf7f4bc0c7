"""The signature of a COS upload form (POST Object), whose policy the browser sends unchanged.

The policy limits the object, the fields and the size. This module signs policies and verifies the
signature of forms. `PostForm.policy.find_unmet` checks whether a form satisfies its policy.
Source: the POST Object document of COS (436/14690).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.cos_request import KeyTime, sign_key
from classgate.signing.encoding import decode_base64, encode_base64, encode_utf8
from classgate.signing.keys import require_secret_id
from classgate.signing.post_conditions import FieldCondition, PostPolicy, fold_names

__all__ = [
    "SIGNATURE_FIELDS",
    "FieldCondition",
    "PostForm",
    "PostPolicy",
    "issue_post_form",
    "read_post_form",
    "sign_policy",
    "string_to_sign",
    "verify_post_form",
]

SIGNATURE_FIELDS: Final = ("policy", "q-sign-algorithm", "q-ak", "q-key-time", "q-signature")
"""The fields of the signature; the other fields belong to the upload."""

MAX_FIELD_CHARACTERS: Final = 32_768
_ALGORITHM: Final = "sha1"
_HEX_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class PostForm:
    """The signature of a form and its policy."""

    secret_id: str
    key_time: KeyTime
    policy: PostPolicy
    policy_text: bytes = field(repr=False)
    signature: str


def string_to_sign(policy_text: bytes) -> str:
    """Return the text that the HMAC signs: the hex SHA-1 of the policy's bytes."""
    return hashlib.sha1(policy_text, usedforsecurity=False).hexdigest()


def sign_policy(policy_text: bytes, *, secret_key: str, key_time: KeyTime) -> str:
    """Return the q-signature of a policy, without validating it."""
    key = sign_key(secret_key, key_time.to_wire())
    return hmac.new(key.encode(), string_to_sign(policy_text).encode(), hashlib.sha1).hexdigest()


def issue_post_form(
    policy_text: str, *, secret_id: str, secret_key: str, key_time: KeyTime
) -> dict[str, str]:
    """Return the signature fields of a form.

    The client adds the fields that the policy requires, and the file.

    Args:
        policy_text: the policy as JSON.
        secret_id: the SecretId.
        secret_key: its SecretKey.
        key_time: the period of the signature.

    Raises:
        SigningError: the policy is malformed, or names another algorithm, SecretId or time.
    """
    require_secret_id(secret_id)
    text = encode_utf8(policy_text)
    try:
        policy = PostPolicy.from_wire(text)
    except VerificationFailed as fault:
        raise SigningError(f"the policy cannot be signed: {fault.message}") from None
    times = key_time.to_wire()
    if not _agrees(policy, secret_id, times):
        raise SigningError(
            "the policy names another algorithm, SecretId or time than the signature"
        )
    signature = sign_policy(text, secret_key=secret_key, key_time=key_time)
    values = (encode_base64(text), _ALGORITHM, secret_id, times, signature)
    return dict(zip(SIGNATURE_FIELDS, values, strict=True))


def read_post_form(fields: Mapping[str, str]) -> PostForm:
    """Parse the signature of a form without verifying it. VerificationFailed (format)."""
    given = fold_names(fields)
    if not given.keys() >= set(SIGNATURE_FIELDS):
        raise VerificationFailed("format", "a field of the form's signature is missing")
    if any(len(given[name]) > MAX_FIELD_CHARACTERS for name in SIGNATURE_FIELDS):
        raise VerificationFailed("format", "a field of the form's signature is too long")
    text, algorithm, secret_id, times, signature = (given[name] for name in SIGNATURE_FIELDS)
    if algorithm != _ALGORITHM:
        raise VerificationFailed("format", "q-sign-algorithm must be sha1")
    if _HEX_SHA1.fullmatch(signature) is None:
        raise VerificationFailed("format", "q-signature must be 40 lower-case hex digits")
    policy_text = decode_base64(text)
    return PostForm(
        secret_id,
        KeyTime.from_wire(times),
        PostPolicy.from_wire(policy_text),
        policy_text,
        signature,
    )


def verify_post_form(
    fields: Mapping[str, str], *, secret_key: str, at: datetime, leeway: timedelta = timedelta()
) -> PostForm:
    """Verify the signature and the time of a form.

    The caller checks `PostForm.secret_id`, and with `PostForm.policy.find_unmet` whether the form
    satisfies the policy. With a `leeway`, the signature may start that much later than `at`.

    Raises:
        VerificationFailed: checked in this order: format, signature, access_key (the policy is
            for another SecretId or time), not_yet_valid, expired.
    """
    form = read_post_form(fields)
    expected = sign_policy(form.policy_text, secret_key=secret_key, key_time=form.key_time)
    if not hmac.compare_digest(expected, form.signature):
        raise VerificationFailed("signature", "the signature does not match this key and policy")
    if not _agrees(form.policy, form.secret_id, form.key_time.to_wire()):
        raise VerificationFailed("access_key", "the policy is for another SecretId or time")
    form.key_time.require_valid_at(at, leeway=leeway)
    if at > form.policy.expires_at:
        raise VerificationFailed("expired", "the policy has expired")
    return form


def _agrees(policy: PostPolicy, secret_id: str, times: str) -> bool:
    named = [policy.exact_value(name) for name in ("q-sign-algorithm", "q-ak", "q-sign-time")]
    return named == [_ALGORITHM, secret_id, times]
