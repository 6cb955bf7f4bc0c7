"""Runs the suite usersig_v1: UserSig with ECDSA, plain and as a UserSig with userbuf."""

import base64
from datetime import timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from classgate.errors import InvalidIdentifier
from classgate.signing.encoding import from_epoch, to_epoch
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey
from classgate.signing.user_sig import (
    ANY_USERBUF,
    UserSigContent,
    issue_user_sig,
    require_identifier,
    sign_content,
    verify_user_sig,
)

from .cases import Case, judge
from .tokens import claims_of, members_of


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    key = EcdsaPrivateKey.from_pem(given["private_key_pem"].encode())
    assert key.curve == {"secp256r1": "prime256v1"}.get(given["curve"], given["curve"])
    token = sign_content(key, _content(case), appid_at_3rd=given["appid_at_3rd"])
    for each in (token, expect["sample_token"]):
        assert claims_of(each) == expect["json_fields"]
        _require_signature_by_cryptography(each, given["public_key_pem"], expect["signed_string"])
        _require_ours_accepts(each, case)
    if _may_be_issued(given["identifier"]) and given["appid_at_3rd"] == "0":
        assert _issued(case, key) == token


def _content(case: Case) -> UserSigContent:
    given = case.inputs
    return UserSigContent(
        version=1,
        sdk_app_id=given["sdkappid"],
        identifier=given["identifier"],
        issued_at=from_epoch(given["time"]),
        lifetime=timedelta(seconds=given["expire_after"]),
        userbuf=bytes.fromhex(given["userbuf_hex"]) if "userbuf_hex" in given else None,
    )


def _issued(case: Case, key: EcdsaPrivateKey) -> str:
    content = _content(case)
    return issue_user_sig(
        key,
        sdk_app_id=content.sdk_app_id,
        identifier=content.identifier,
        issued_at=content.issued_at,
        lifetime=content.lifetime,
        userbuf=content.userbuf,
    )


def _may_be_issued(identifier: str) -> bool:
    try:
        return bool(require_identifier(identifier))
    except InvalidIdentifier:
        return False


def _require_signature_by_cryptography(token: str, public_key_pem: str, signed: str) -> None:
    key = load_pem_public_key(public_key_pem.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signature = base64.b64decode(members_of(token)["TLS.sig"])
    key.verify(signature, signed.encode(), ec.ECDSA(SHA256()))


def _require_ours_accepts(token: str, case: Case) -> None:
    content = _content(case)
    read = verify_user_sig(
        token,
        EcdsaPublicKey.from_pem(case.inputs["public_key_pem"].encode()),
        sdk_app_id=content.sdk_app_id,
        identifier=content.identifier,
        at=content.issued_at,
        userbuf=content.userbuf,
    )
    assert read == content


def verify_plain(case: Case) -> None:
    _verify(case, with_userbuf=False)


def verify_with_userbuf(case: Case) -> None:
    _verify(case, with_userbuf=True)


def _verify(case: Case, *, with_userbuf: bool) -> None:
    given, expect = case.inputs, case.expect
    key = EcdsaPublicKey.from_pem(given["public_key_pem"].encode())
    content = judge(
        case,
        lambda: verify_user_sig(
            given["token"],
            key,
            sdk_app_id=given["sdkappid"],
            identifier=given["identifier"],
            at=from_epoch(given["now"]),
            userbuf=ANY_USERBUF if with_userbuf else None,
        ),
    )
    if content is not None and expect["verdict"] == "accept":
        assert to_epoch(content.issued_at) == expect["time"]
        assert content.lifetime == timedelta(seconds=expect["expire_after"])


def refuse_to_issue(case: Case) -> None:
    assert case.expect["verdict"] == "refuse"
    for curve in (ec.SECP256K1(), ec.SECP256R1()):
        with pytest.raises(InvalidIdentifier):
            issue_user_sig(
                _fresh_key(curve),
                sdk_app_id=case.inputs["sdkappid"],
                identifier=case.inputs["requested_identifier"],
                issued_at=from_epoch(case.inputs["time"]),
                lifetime=timedelta(days=1),
            )


@cache
def _fresh_key(curve: ec.EllipticCurve) -> EcdsaPrivateKey:
    pem = ec.generate_private_key(curve).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return EcdsaPrivateKey.from_pem(pem)


HANDLERS = {
    "generate.secp256k1": generate,
    "generate.secp256r1": generate,
    "issue.injection": refuse_to_issue,
    "published": verify_plain,
    "userbuf.generate": generate,
    "userbuf.verify.as_plain": verify_plain,
    "userbuf.verify.expired": verify_with_userbuf,
    "userbuf.verify.tampered": verify_with_userbuf,
    "userbuf.verify.valid": verify_with_userbuf,
    "verify.bad_base64": verify_plain,
    "verify.bad_json": verify_plain,
    "verify.bad_zlib": verify_plain,
    "verify.der": verify_plain,
    "verify.duplicate_member": verify_plain,
    "verify.lenient": verify_plain,
    "verify.missing_field": verify_plain,
    "verify.reencoded": verify_plain,
    "verify.tampered": verify_plain,
    "verify.time.edge": verify_plain,
    "verify.time.expired": verify_plain,
    "verify.time.future": verify_plain,
    "verify.truncated": verify_plain,
    "verify.unusual_identifier": verify_plain,
    "verify.valid": verify_plain,
    "verify.wrong_identifier": verify_plain,
    "verify.wrong_key": verify_plain,
    "verify.wrong_sdkappid": verify_plain,
}
