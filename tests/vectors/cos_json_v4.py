"""Runs the suite cos_json_v4: the COS JSON API signature."""

import base64
from urllib.parse import parse_qsl

import pytest

from classgate.errors import SigningError
from classgate.signing.cos_json_request import (
    issue_reusable,
    issue_single_use,
    object_file_id,
    plaintext,
    read_json_api_signature,
    require_object_path,
    verify_json_api_signature,
)
from classgate.signing.encoding import from_epoch, percent_encode
from classgate.signing.object_paths import is_printable
from classgate.signing.signed_text import sign_text

from .cases import Case, judge


def generate(case: Case) -> None:
    given = case.inputs
    _generate(
        case,
        file_id=_file_id(given["fileid_style"], case),
        expires_at=given["expired"],
        order=given["field_order"],
    )


def _file_id(style: str, case: Case) -> str:
    cloud_app_id, bucket, path = (case.inputs[name] for name in ("appid", "bucket", "path"))
    prefix = f"/{cloud_app_id}/{bucket}"
    slashed = path if path.startswith("/") else f"/{path}"
    match style:
        case "empty":
            return ""
        case "raw-path":
            return slashed
        case "/appid/bucket/raw-path":
            return prefix + slashed
        case "urlencoded-path":
            return percent_encode(slashed, safe="/")
        case "/appid/bucket/urlencoded-path":
            return object_file_id(cloud_app_id, bucket, path)
        case "/appid/bucket/encodeURIComponent-path":
            return prefix + percent_encode(slashed, safe="/!'()*")
    raise AssertionError(f"the file id style {style} is not known")


def generate_as_the_reference_backend(case: Case) -> None:
    given, expect = case.inputs, case.expect
    reusable = given["type"] == 0
    assert expect["mode"] == ("multi" if reusable else "single")
    _generate(
        case,
        file_id=_file_id("raw-path" if reusable else "/appid/bucket/raw-path", case),
        expires_at=given["now"] + given["expiration_setting"] if reusable else 0,
        order="aketrfb",
    )


def _generate(case: Case, *, file_id: str, expires_at: int, order: str) -> None:
    given, expect = case.inputs, case.expect
    fields = {
        "a": given["appid"],
        "b": given["bucket"],
        "k": given["secret_id"],
        "e": str(expires_at),
        "t": str(given["now"]),
        "r": str(given["random"]),
        "f": file_id,
    }
    text = plaintext(fields, order)
    assert text.decode() == expect["plaintext"]
    signature = sign_text(text, given["secret_key"])
    assert signature == expect["signature"]
    digest = base64.b64decode(signature)[:20].hex()
    assert digest == expect.get("hmac_sha1_hex", digest)
    if "&" in file_id or not is_printable(file_id):
        # The old signers pasted it; issuing refuses it.
        with pytest.raises(SigningError):
            _issue(case, file_id, expires_at, order)
        return
    assert _issue(case, file_id, expires_at, order) == expect["signature"]
    read = read_json_api_signature(expect["signature"])
    assert (read.file_id, read.single_use) == (file_id, expires_at == 0)


def _issue(case: Case, file_id: str, expires_at: int, order: str) -> str:
    given = case.inputs
    if expires_at == 0:
        return issue_single_use(
            cloud_app_id=given["appid"],
            bucket_name=given["bucket"],
            secret_id=given["secret_id"],
            secret_key=given["secret_key"],
            file_id=file_id,
            issued_at=from_epoch(given["now"]),
            nonce=given["random"],
            field_order=order,
        )
    return issue_reusable(
        cloud_app_id=given["appid"],
        bucket_name=given["bucket"],
        secret_id=given["secret_id"],
        secret_key=given["secret_key"],
        issued_at=from_epoch(given["now"]),
        expires_at=from_epoch(expires_at),
        nonce=given["random"],
        file_id=file_id,
        field_order=order,
    )


def encode_or_refuse(case: Case) -> None:
    assert case.expect["verdict"] == "encode_or_refuse"
    given = case.inputs
    try:
        path = require_object_path(given["path"])
        file_id = object_file_id(given["appid"], given["bucket"], path)
        with_nonce = Case(
            case.id, case.group, case.kind, case.algorithm, {**given, "random": 1}, case.expect
        )
        end = 0 if given["mode"] == "single" else given["now"] + 60
        token = _issue(with_nonce, file_id, end, "aketrfb")
    except SigningError:
        return
    text = base64.b64decode(token)[20:].decode()
    assert case.expect["must_not_contain_in_plaintext"] not in text
    fields = parse_qsl(text, keep_blank_values=True)
    assert sorted(name for name, _ in fields) == sorted("abketrf")
    assert dict(fields)["f"] == f"/{given['appid']}/{given['bucket']}{path}"


def verify(case: Case) -> None:
    given = case.inputs
    judge(
        case,
        lambda: verify_json_api_signature(
            given["signature"],
            secret_id=given["secret_id"],
            secret_key=given["secret_key"],
            cloud_app_id=given["appid"],
            bucket_name=given["bucket"],
            at=from_epoch(given["now"]),
        ),
    )


HANDLERS = {
    "issue.path_injection": encode_or_refuse,
    "multi.download": generate,
    "multi.no_path": generate,
    "multi.nodev5_v4": generate,
    "multi.reference": generate,
    "multi.with_path": generate,
    "published": generate,
    "reference.type_argument": generate_as_the_reference_backend,
    "single": generate,
    "single.npm_v4": generate,
    "single.reference": generate,
    "verify.bad_base64": verify,
    "verify.expired": verify,
    "verify.tampered": verify,
    "verify.truncated": verify,
    "verify.valid": verify,
    "verify.wrong_appid": verify,
    "verify.wrong_bucket": verify,
    "verify.wrong_key": verify,
}
