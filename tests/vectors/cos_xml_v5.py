"""Runs the suite cos_xml_v5: the COS XML API signature, in a header and in a URL.

That of an upload form is `post_policy`'s.
"""

from urllib.parse import parse_qsl, unquote, urlsplit

from classgate.errors import VerificationFailed
from classgate.signing.cos_presigned import (
    issue_presigned_query,
    issue_presigned_url,
    verify_presigned,
)
from classgate.signing.cos_request import (
    Authorization,
    CosRequest,
    KeyTime,
    http_string,
    issue_authorization,
    read_authorization,
    sign_key,
    string_to_sign,
    verify_authorization,
)
from classgate.signing.encoding import from_epoch

from . import post_policy
from .cases import Case, judge


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    key_time = KeyTime.from_wire(given["key_time"])
    authorization = issue_authorization(
        _request(case),
        secret_id=given["secret_id"],
        secret_key=given["secret_key"],
        key_time=key_time,
        sign_time=KeyTime.from_wire(given["sign_time"]),
        signed_headers=given["signed_header_names"],
    )
    assert authorization == expect["authorization"]
    read = read_authorization(authorization)
    assert ";".join(read.header_list) == expect["header_list"]
    assert ";".join(read.url_param_list) == expect["url_param_list"]
    assert read.signature == expect["q_signature"]
    _require_steps(case)
    verify_authorization(
        _request(case), authorization, secret_key=given["secret_key"], at=key_time.starts_at
    )


def _require_steps(case: Case) -> None:
    given, expect = case.inputs, case.expect
    signed = {name.lower() for name in given["signed_header_names"]}
    headers = [(name, value) for name, value in given["headers"].items() if name.lower() in signed]
    request = CosRequest(given["method"], given["path"], list(given["params"].items()), headers)
    assert http_string(request) == expect["http_string"]
    assert sign_key(given["secret_key"], given["key_time"]) == expect["sign_key"]
    assert string_to_sign(given["sign_time"], expect["http_string"]) == expect["string_to_sign"]


def _request(case: Case) -> CosRequest:
    given = case.inputs
    return CosRequest(
        given["method"],
        given["path"],
        list(given["params"].items()),
        list(given["headers"].items()),
    )


def presign(case: Case) -> None:
    """With the host signed it is a URL as it is made here; without, its query is looked at."""
    given, expect = case.inputs, case.expect
    host = f"{given['bucket']}.cos.{given['region']}.myqcloud.com"
    key_time = KeyTime.from_wire(given["key_time"])
    request = CosRequest(
        given["method"],
        f"/{given['key']}",
        list(given["params"].items()),
        list(given["headers"].items()),
    )
    signing = {"secret_id": given["secret_id"], "secret_key": given["secret_key"]}
    theirs = urlsplit(expect["url"])
    if given["host_signed"]:
        ours = urlsplit(
            issue_presigned_url(given["scheme"], host, request, key_time=key_time, **signing)
        )
        # Which characters of a path are encoded is free.
        assert (*ours[:2], unquote(ours.path)) == (*theirs[:2], unquote(theirs.path))
        query = parse_qsl(ours.query, keep_blank_values=True)
    else:
        query = issue_presigned_query(request, key_time=key_time, **signing)
    assert sorted(query) == sorted(parse_qsl(theirs.query, keep_blank_values=True))
    assert dict(query)["q-signature"] == expect["q_signature"]
    received = CosRequest(given["method"], request.path, query, [*request.headers, ("Host", host)])
    verify_presigned(received, secret_key=given["secret_key"], at=key_time.ends_at)


def verify(case: Case) -> None:
    given = case.inputs

    def look_up_and_verify() -> Authorization:
        read = read_authorization(given["authorization"])
        if read.secret_id != given["secret_id"]:
            raise VerificationFailed("access_key", "no such SecretId")
        return verify_authorization(
            _request(case),
            given["authorization"],
            secret_key=given["secret_key"],
            at=from_epoch(given["now"]),
        )

    judge(case, look_up_and_verify)


def read_only(case: Case) -> None:
    """What an SDK prints against the documented rules: it can be read, and is not imitated."""
    read = read_authorization(case.expect["authorization"])
    assert read.signature == case.expect["q_signature"]


HANDLERS = {
    "generate.js": generate,
    "generate.node": generate,
    "generate.python": generate,
    "post_policy": post_policy.generate,
    "presign.node": presign,
    "presign.python": presign,
    "published": generate,
    "sdk_quirk": read_only,
    "verify.expired": verify,
    "verify.malformed": verify,
    "verify.not_yet": verify,
    "verify.tampered": verify,
    "verify.unknown_ak": verify,
    "verify.valid": verify,
    "verify.wrong_key": verify,
}
