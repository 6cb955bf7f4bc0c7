"""Runs the suite tc3: the signature of the cloud API 3.0."""

from classgate.signing.cloud_api import (
    CloudApiCredential,
    CloudApiRequest,
    canonical_request,
    issue_authorization,
    read_credential,
    sign_headers,
    string_to_sign,
    verify_authorization,
)
from classgate.signing.encoding import from_epoch

from .cases import Case, judge


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    issued_at = from_epoch(given["timestamp"])
    request = _request(case)
    if given["signed_headers"] == ["content-type", "host"]:  # those that are signed here
        authorization = issue_authorization(
            request,
            secret_id=given["secret_id"],
            secret_key=given["secret_key"],
            issued_at=issued_at,
        )
        assert authorization == expect["authorization"]
    assert read_credential(expect["authorization"]).signature == expect["signature"]
    _verify(case, expect["authorization"], given["timestamp"])
    canonical = canonical_request(
        method=given["method"],
        path=given["uri"],
        query=given["query"],
        headers=_headers(case),
        signed_headers=given["signed_headers"],
        payload=request.payload,
        unsigned_payload=request.unsigned_payload,
    )
    assert canonical == expect["canonical_request"]
    text = string_to_sign(canonical, service=given["service"], issued_at=issued_at)
    assert text == expect["string_to_sign"]
    if "headers_outside_signature" in given:
        _require_headers(case, request)


def _require_headers(case: Case, request: CloudApiRequest) -> None:
    given = case.inputs
    headers = sign_headers(
        request,
        secret_id=given["secret_id"],
        secret_key=given["secret_key"],
        issued_at=from_epoch(given["timestamp"]),
        session_token=given["token"],
    )
    assert headers == {
        **given["headers_outside_signature"],
        "Authorization": case.expect["authorization"],
        "Content-Type": given["content_type"],
        "Host": given["host"],
    }


def _request(case: Case) -> CloudApiRequest:
    given = case.inputs
    return CloudApiRequest(
        host=given["host"],
        service=given["service"],
        action=given.get("action", ""),
        version=given.get("version", ""),
        region=given.get("region", ""),
        payload=given["payload"].encode(),
        content_type=given["content_type"],
        method=given["method"],
        query=given["query"],
        unsigned_payload=given.get("unsigned_payload", False),
    )


def _headers(case: Case) -> dict[str, str]:
    headers = {"content-type": case.inputs["content_type"], "host": case.inputs["host"]}
    if "action" in case.inputs:
        headers["x-tc-action"] = case.inputs["action"]
    if case.inputs.get("unsigned_payload"):
        headers["x-tc-content-sha256"] = "UNSIGNED-PAYLOAD"
    return headers


def verify(case: Case) -> None:
    judge(case, lambda: _verify(case, case.inputs["authorization"], case.inputs["now"]))


def _verify(case: Case, authorization: str, now: int) -> CloudApiCredential:
    given = case.inputs
    return verify_authorization(
        method=given["method"],
        path=given["uri"],
        query=given["query"],
        headers=_headers(case),
        payload=given["payload"].encode(),
        authorization=authorization,
        timestamp=str(given["timestamp"]),
        service=given["service"],
        secret_key=given["secret_key"],
        at=from_epoch(now),
    )


HANDLERS = {
    "generate.sts": generate,
    "published": generate,
    "verify.expired": verify,
    "verify.tampered": verify,
    "verify.valid": verify,
    "verify.wrong_key": verify,
}
