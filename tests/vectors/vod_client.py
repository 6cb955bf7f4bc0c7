"""Runs the suite vod_client: the signature of a client's upload to VOD."""

import base64
from datetime import timedelta

from classgate.signing.encoding import from_epoch
from classgate.signing.signed_text import sign_text
from classgate.signing.vod_upload import (
    UploadSignature,
    issue_upload_signature,
    plaintext,
    read_upload_signature,
    verify_upload_signature,
)

from .cases import Case, judge

_REQUIRED = ("secretId", "currentTimeStamp", "expireTime", "random")


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    pairs = [(name, str(value)) for name, value in given["args"]]
    text = plaintext(pairs)
    assert text.decode() == expect["original"]
    signature = sign_text(text, given["secret_key"])
    assert signature == expect["signature"]
    assert base64.b64decode(signature)[:20].hex() == expect["hmac_sha1_hex"]
    content = _content(pairs)
    assert read_upload_signature(expect["signature"]) == content
    assert content == verify_upload_signature(
        expect["signature"],
        secret_id=content.secret_id,
        secret_key=given["secret_key"],
        at=content.expires_at,
    )
    if tuple(name for name, _ in pairs[:4]) == _REQUIRED:  # the one order that is issued
        assert _issue(content, given["secret_key"]) == expect["signature"]


def _content(pairs: list[tuple[str, str]]) -> UploadSignature:
    fields = dict(pairs)
    return UploadSignature(
        secret_id=fields["secretId"],
        issued_at=from_epoch(int(fields["currentTimeStamp"])),
        expires_at=from_epoch(int(fields["expireTime"])),
        nonce=int(fields["random"]),
        options=tuple(pair for pair in pairs if pair[0] not in _REQUIRED),
    )


def _issue(content: UploadSignature, secret_key: str) -> str:
    lifetime = content.expires_at - content.issued_at
    assert lifetime <= timedelta(days=90)
    return issue_upload_signature(
        secret_id=content.secret_id,
        secret_key=secret_key,
        issued_at=content.issued_at,
        lifetime=lifetime,
        nonce=content.nonce,
        options=content.options,
    )


def verify(case: Case) -> None:
    given = case.inputs
    judge(
        case,
        lambda: verify_upload_signature(
            given["signature"],
            secret_id=given["secret_id"],
            secret_key=given["secret_key"],
            at=from_epoch(given["now"]),
        ),
    )


HANDLERS = {
    "generate.optional_args": generate,
    "generate.reference": generate,
    "verify.bad_base64": verify,
    "verify.expired": verify,
    "verify.tampered": verify,
    "verify.truncated": verify,
    "verify.valid": verify,
    "verify.wrong_key": verify,
}
