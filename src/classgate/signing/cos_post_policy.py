"""The signature of a COS upload form (POST Object): a policy that a browser carries unchanged.

The policy says which object, which fields and which size; it is signed here, and a form is checked
here for carrying one that this key signed. Whether the form keeps to its policy is the policy's own
answer: `PostForm.policy.find_unmet`. What a user may be given a form for is decided elsewhere.
Source: the POST Object document of COS (436/14690).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.cos_request import KeyTime, sign_key
from classgate.signing.encoding import decode_base64, encode_base64, utf_8
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
"""The fields that sign a form; the others are the upload's own."""

MAX_FIELD_CHARACTERS: Final = 32_768
_ALGORITHM: Final = "sha1"
_HEX_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class PostForm:
    """How a form is signed, and the policy that it carries."""

    secret_id: str
    key_time: KeyTime
    policy: PostPolicy
    policy_text: bytes = field(repr=False)
    signature: str


def string_to_sign(policy_text: bytes) -> str:
    """The text under the HMAC: the hex SHA-1 of the policy, byte for byte as it is."""
    return hashlib.sha1(policy_text, usedforsecurity=False).hexdigest()


def sign_policy(policy_text: bytes, *, secret_key: str, key_time: KeyTime) -> str:
    """The q-signature of a policy. Signs whatever it is given."""
    key = sign_key(secret_key, key_time.to_wire())
    return hmac.new(key.encode(), string_to_sign(policy_text).encode(), hashlib.sha1).hexdigest()


def issue_post_form(
    policy_text: str, *, secret_id: str, secret_key: str, key_time: KeyTime
) -> dict[str, str]:
    """The fields that sign a form; the uploader adds those that the policy asks for, and the file.

    SigningError for a policy that no form could be checked against, or one that names another
    algorithm, SecretId or time than these.
    """
    require_secret_id(secret_id)
    text = utf_8(policy_text)
    try:
        policy = PostPolicy.from_wire(text)
    except VerificationFailed as fault:
        raise SigningError(f"the policy cannot be signed: {fault.message}") from None
    times = key_time.to_wire()
    if not _agrees(policy, secret_id, times):
        raise SigningError("the policy names another algorithm, SecretId or time than signs it")
    signature = sign_policy(text, secret_key=secret_key, key_time=key_time)
    values = (encode_base64(text), _ALGORITHM, secret_id, times, signature)
    return dict(zip(SIGNATURE_FIELDS, values, strict=True))


def read_post_form(fields: Mapping[str, str]) -> PostForm:
    """How a form is signed, unverified. VerificationFailed (format)."""
    given = fold_names(fields)
    if not given.keys() >= set(SIGNATURE_FIELDS):
        raise VerificationFailed("format", "a field that signs the form is missing")
    if any(len(given[name]) > MAX_FIELD_CHARACTERS for name in SIGNATURE_FIELDS):
        raise VerificationFailed("format", "a field that signs the form is far longer than any")
    text, algorithm, secret_id, times, signature = (given[name] for name in SIGNATURE_FIELDS)
    if algorithm != _ALGORITHM:
        raise VerificationFailed("format", "q-sign-algorithm is not sha1")
    if _HEX_SHA1.fullmatch(signature) is None:
        raise VerificationFailed("format", "q-signature is not forty lower-case hex digits")
    policy_text = decode_base64(text)
    return PostForm(
        secret_id,
        KeyTime.from_wire(times),
        PostPolicy.from_wire(policy_text),
        policy_text,
        signature,
    )


def verify_post_form(fields: Mapping[str, str], *, secret_key: str, at: datetime) -> PostForm:
    """How a form is signed, when its policy is this key's and still good at this moment.

    Whose key, and whether the form keeps to the policy, is still to be asked:
    `PostForm.secret_id` and `PostForm.policy.find_unmet`. VerificationFailed, in this order:
    format, signature, access_key (the policy is for another SecretId or time), not_yet_valid,
    expired.
    """
    form = read_post_form(fields)
    expected = sign_policy(form.policy_text, secret_key=secret_key, key_time=form.key_time)
    if not hmac.compare_digest(expected, form.signature):
        raise VerificationFailed("signature", "the signature is not this key's over this policy")
    if not _agrees(form.policy, form.secret_id, form.key_time.to_wire()):
        raise VerificationFailed("access_key", "the policy is for another SecretId or time")
    form.key_time.require(at)
    if at > form.policy.expires_at:
        raise VerificationFailed("expired", "the policy has expired")
    return form


def _agrees(policy: PostPolicy, secret_id: str, times: str) -> bool:
    named = [policy.exact(name) for name in ("q-sign-algorithm", "q-ak", "q-sign-time")]
    return named == [_ALGORITHM, secret_id, times]
