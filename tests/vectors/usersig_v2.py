"""Runs the suite usersig_v2: UserSig with HMAC-SHA256."""

from datetime import timedelta

from classgate.signing.encoding import from_epoch, to_epoch
from classgate.signing.keys import SdkSecretKey
from classgate.signing.user_sig import (
    IDENTIFIER_PATTERN,
    UserSigContent,
    issue_user_sig,
    sign_content,
    verify_user_sig,
)
from classgate.signing.user_sig_content import members_to_sign

from .cases import Case, judge
from .tokens import claims_of, members_of


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    key = SdkSecretKey(given["secret_key"])
    content = UserSigContent(
        version=2,
        sdk_app_id=given["sdkappid"],
        identifier=given["identifier"],
        issued_at=from_epoch(given["time"]),
        lifetime=timedelta(seconds=given["expire"]),
        userbuf=bytes.fromhex(given["userbuf_hex"]) if "userbuf_hex" in given else None,
    )
    assert members_to_sign(content)[1].decode() == expect["signed_string"]
    token = sign_content(key, content)
    for each in (token, expect["sample_token"]):
        assert members_of(each)["TLS.sig"] == expect["sig"]
        assert claims_of(each) == expect.get("json_fields", claims_of(expect["sample_token"]))
        assert content == verify_user_sig(
            each,
            key,
            sdk_app_id=content.sdk_app_id,
            identifier=content.identifier,
            at=content.issued_at,
            userbuf=content.userbuf,
        )
    if IDENTIFIER_PATTERN.fullmatch(content.identifier):
        assert token == issue_user_sig(
            key,
            sdk_app_id=content.sdk_app_id,
            identifier=content.identifier,
            issued_at=content.issued_at,
            lifetime=content.lifetime,
            userbuf=content.userbuf,
        )


def verify(case: Case) -> None:
    given, expect = case.inputs, case.expect
    content = judge(
        case,
        lambda: verify_user_sig(
            given["token"],
            SdkSecretKey(given["secret_key"]),
            sdk_app_id=given["sdkappid"],
            identifier=given["identifier"],
            at=from_epoch(given["now"]),
        ),
    )
    if content is not None and expect["verdict"] == "accept":
        assert to_epoch(content.issued_at) == expect["time"]
        assert content.lifetime == timedelta(seconds=expect["expire"])


HANDLERS = {
    "generate": generate,
    "generate.unusual_identifier": generate,
    "verify.bad_base64": verify,
    "verify.bad_json": verify,
    "verify.bad_zlib": verify,
    "verify.duplicate_member": verify,
    "verify.lenient": verify,
    "verify.missing_field": verify,
    "verify.reencoded": verify,
    "verify.tampered": verify,
    "verify.time.edge": verify,
    "verify.time.expired": verify,
    "verify.time.future": verify,
    "verify.truncated": verify,
    "verify.types": verify,
    "verify.valid": verify,
    "verify.version": verify,
    "verify.wrong_identifier": verify,
    "verify.wrong_key": verify,
    "verify.wrong_sdkappid": verify,
}
