"""Doctor says what a code means in the words of the catalogue, as parts of its lines."""

import pytest

from classgate.diagnosis.cloud_codes import explain_cos, explain_sts


@pytest.mark.parametrize(
    ("code", "what", "fix"),
    [
        ("AuthFailure.SignatureFailure", "the SecretKey does not belong", "both from the same row"),
        ("AuthFailure.BrandNew", "the cloud does not accept the key", "both from the same row"),
        ("UnauthorizedOperation.CamNoAuth", "the sub-account may not call", "Associate policy"),
        ("UnsupportedProtocol", "the cloud API requires https", "set cloud.scheme to https"),
        ("BrandNew", "STS refused", "look the code up in document 1312/48195"),
    ],
)
def test_a_code_of_sts(code: str, what: str, fix: str) -> None:
    explanation = explain_sts(code)
    assert explanation.what.startswith(what)
    assert fix in explanation.fix
    assert not explanation.what.endswith(".")


@pytest.mark.parametrize(
    ("code", "what", "fix"),
    [
        ("SignatureDoesNotMatch", "the SecretKey does not belong", "both from the same row"),
        ("HTTP 403", "the sub-account may not call this action", "Associate policy"),
        ("HTTP 404", "the bucket does not exist in this region", "compare cos.bucket"),
        ("ExpiredToken", "the time of the request differs", "NTP"),
        ("HTTP 500", "COS refused", "look the code up in document 436/7730"),
    ],
)
def test_a_code_of_cos(code: str, what: str, fix: str) -> None:
    explanation = explain_cos(code)
    assert explanation.what.startswith(what)
    assert fix in explanation.fix
