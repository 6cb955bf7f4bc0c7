"""What the signature of the cloud API covers, beyond the vectors."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from classgate.errors import InvalidSigningKey, SigningError, VerificationFailed
from classgate.signing.cloud_api import (
    CloudApiRequest,
    issue_authorization,
    read_credential,
    sign_headers,
    verify_authorization,
)

SECRET_KEY = "07V8HZXswtZFoNRlLY5wWFvUNgaytdOw"
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
REQUEST = CloudApiRequest(
    host="sts.tencentcloudapi.com",
    service="sts",
    action="GetFederationToken",
    version="2018-08-13",
    region="ap-guangzhou",
    payload=b"{}",
)


def headers(request: CloudApiRequest = REQUEST) -> dict[str, str]:
    return sign_headers(request, secret_id="AKIDtest", secret_key=SECRET_KEY, issued_at=ISSUED_AT)


def verify(sent: dict[str, str], *, at: datetime = ISSUED_AT, timestamp: str = "1700000000") -> str:
    return verify_authorization(
        method="POST",
        query="",
        headers=sent,
        payload=b"{}",
        authorization=sent["Authorization"],
        timestamp=timestamp,
        service="sts",
        secret_key=SECRET_KEY,
        at=at,
    ).secret_id


def reason_of(
    sent: dict[str, str], *, at: datetime = ISSUED_AT, timestamp: str = "1700000000"
) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify(sent, at=at, timestamp=timestamp)
    return refusal.value.failed_check


def test_a_call_is_good_for_five_minutes_either_way() -> None:
    for seconds in (-300, 0, 300):
        assert verify(headers(), at=ISSUED_AT + timedelta(seconds=seconds)) == "AKIDtest"
    for seconds in (-301, 301):
        assert reason_of(headers(), at=ISSUED_AT + timedelta(seconds=seconds)) == "expired"


def test_the_time_is_under_the_signature() -> None:
    assert reason_of(headers(), timestamp="1700000001") == "signature"
    for timestamp in ("", "-1", "1e9", "99999999999", "１７００００００００"):
        assert reason_of(headers(), timestamp=timestamp) == "format"


def test_content_type_and_host_count_as_they_are_sent() -> None:
    changed = {**headers(), "Content-Type": "application/json; charset=utf-8"}
    assert reason_of(changed) == "signature"
    assert reason_of({**headers(), "Host": "cos.tencentcloudapi.com"}) == "signature"
    missing = headers()
    del missing["Host"]
    assert reason_of(missing) == "signature"


def test_the_date_of_the_scope_is_the_time_s_own() -> None:
    sent = headers()
    sent["Authorization"] = sent["Authorization"].replace("2023-11-14", "2023-11-15")
    assert reason_of(sent) == "signature"


def test_an_unsigned_payload_is_reported_by_its_header() -> None:
    sent = headers(replace(REQUEST, unsigned_payload=True, payload=b"anything"))
    assert sent["X-TC-Content-SHA256"] == "UNSIGNED-PAYLOAD"
    assert verify(sent) == "AKIDtest"
    del sent["X-TC-Content-SHA256"]
    assert reason_of(sent) == "signature"


def test_a_signed_action_counts_in_lower_case() -> None:
    # As the newer samples of the signature v3 document do it; made by hand.
    canonical = (
        "POST\n/\n\ncontent-type:application/json\nhost:sts.tencentcloudapi.com\n"
        "x-tc-action:getfederationtoken\n\ncontent-type;host;x-tc-action\n"
        + hashlib.sha256(b"{}").hexdigest()
    )
    text = (
        "TC3-HMAC-SHA256\n1700000000\n2023-11-14/sts/tc3_request\n"
        + hashlib.sha256(canonical.encode()).hexdigest()
    )
    key = f"TC3{SECRET_KEY}".encode()
    for part in (b"2023-11-14", b"sts", b"tc3_request"):
        key = hmac.digest(key, part, "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    sent = headers()
    sent["Authorization"] = (
        "TC3-HMAC-SHA256 Credential=AKIDtest/2023-11-14/sts/tc3_request, "
        f"SignedHeaders=content-type;host;x-tc-action, Signature={signature}"
    )
    assert verify(sent) == "AKIDtest"
    assert reason_of({**sent, "X-TC-Action": "AssumeRole"}) == "signature"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("TC3-HMAC-SHA256", "TC3-HMAC-SHA1"),
        ("SignedHeaders=content-type;host", "SignedHeaders=host"),
        ("SignedHeaders=content-type;host", "SignedHeaders=content-type;host;host"),
        ("SignedHeaders=content-type;host, ", ""),
        ("/sts/tc3_request", "/tc3_request"),
        ("AKIDtest", ""),
        ("Signature=", "Signature=x"),
        ("2023-11-14", "٢023-11-14"),
    ],
)
def test_a_malformed_authorization_is_refused(old: str, new: str) -> None:
    text = headers()["Authorization"]
    assert old in text
    with pytest.raises(VerificationFailed) as refusal:
        read_credential(text.replace(old, new))
    assert refusal.value.failed_check == "format"


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, host="a\nhost:b"),
        replace(REQUEST, content_type="a\nhost:b"),
        replace(REQUEST, query="a\nb"),
    ],
)
def test_no_header_brings_a_line_of_its_own(request_: CloudApiRequest) -> None:
    with pytest.raises(SigningError):
        issue_authorization(
            request_, secret_id="AKIDtest", secret_key=SECRET_KEY, issued_at=ISSUED_AT
        )


def test_a_secret_id_brings_no_field_of_its_own() -> None:
    for secret_id in ("", "AKID/x", "AKID, Signature=0"):
        with pytest.raises(InvalidSigningKey):
            issue_authorization(
                REQUEST, secret_id=secret_id, secret_key=SECRET_KEY, issued_at=ISSUED_AT
            )
