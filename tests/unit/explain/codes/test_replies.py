"""Error replies of the cloud and of classgate, in the forms in which they are seen."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, Kind
from classgate.reasons import Reason

CONTEXT = ExplainContext(now=datetime(2026, 11, 29, tzinfo=UTC))


def cos_error(code: str, message: str = "m") -> str:
    return (
        f"<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>{code}</Code>\n"
        f"\t<Message>{message}</Message>\n\t<Resource>b.cos.r.myqcloud.com/k</Resource>\n"
        "\t<RequestId>NjE5</RequestId>\n\t<TraceId>OGVm</TraceId>\n</Error>"
    )


def api_error(code: str) -> str:
    error = {"Code": code, "Message": "m"}
    return json.dumps({"Response": {"Error": error, "RequestId": "NjE5"}})


@pytest.mark.parametrize(
    ("text", "service", "code", "cause"),
    [
        (api_error("AuthFailure.SignatureFailure"), "Cloud API", None, "wrong_key"),
        (api_error("AuthFailure.SignatureExpire"), "Cloud API", None, "clock_skew"),
        (
            api_error("InvalidParameter.GrantOtherResource"),
            "STS",
            "InvalidParameter.GrantOtherResource",
            "bucket_without_app_id",
        ),
        (api_error("FailedOperation.RoomNotExist"), "TRTC", None, "not_found"),
        (cos_error("SignatureDoesNotMatch"), "COS", "SignatureDoesNotMatch", "wrong_key"),
        (cos_error("RequestTimeTooSkewed"), "COS", None, "clock_skew"),
        (cos_error("AccessDenied"), "COS", None, "missing_action"),
        (cos_error("AccessDenied", "Request has expired"), "COS", None, "expired"),
        (cos_error("NoSuchBucket")[:100], "COS", "NoSuchBucket", "bucket_without_app_id"),
        (
            '{"ActionStatus":"FAIL","ErrorCode":70013,"ErrorInfo":"identifier not match"}',
            "IM",
            "70013",
            "wrong_identifier",
        ),
        ('{"ActionStatus":"FAIL","ErrorCode":10004,"ErrorInfo":"x"}', "IM", "10004", None),
        ('{"code":-100018,"message":"userSig check failed"}', "TRTC", "-100018", "wrong_key"),
        ('{"error":{"Code":"ExpiredToken","Message":"x"}}', "COS", "ExpiredToken", "expired"),
        ('{"errorCode":10009,"errorInfo":"x"}', "classgate, legacy API", "10009", "expired"),
        ('{"errorCode":10004,"errorInfo":"x"}', "classgate, legacy API", "10004", "already_done"),
        (f"answer: {api_error('UnauthorizedOperation')}", "Cloud API", None, "not_permitted"),
    ],
)  # fmt: skip
def test_an_error_reply_is_explained_by_its_code(
    text: str, service: str, code: str | None, cause: str | None
) -> None:
    explanation = explain(text, CONTEXT)
    assert explanation.kind is Kind.CLOUD_ERROR
    assert explanation.is_answered
    assert explanation.content["service"] == service
    assert code in {None, explanation.content["code"]}
    assert cause in {None, explanation.causes[0].code}
    assert explanation.content["source"]


def test_message_and_request_id_are_shown() -> None:
    content = explain(api_error("AuthFailure"), CONTEXT).content
    assert (content["message"], content["request_id"]) == ("m", "NjE5")
    assert explain(cos_error("AccessDenied"), CONTEXT).content["request_id"] == "NjE5"


def test_a_code_that_nobody_knows_is_no_answer() -> None:
    explanation = explain(cos_error("BrandNewCode"), CONTEXT)
    assert explanation.kind is Kind.CLOUD_ERROR
    assert explanation.first_failure == "code"
    assert not explanation.is_answered


def test_a_success_is_said_to_be_one() -> None:
    explanation = explain('{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}', CONTEXT)
    assert (explanation.kind, explanation.valid) == (Kind.CLOUD_ERROR, True)


@pytest.mark.parametrize(
    "reason", [Reason.CLASS_NOT_STARTED, Reason.KICKED, Reason.CALLBACK_UNPROVEN]
)
def test_a_problem_of_classgate_is_explained_by_its_reason(reason: Reason) -> None:
    problem = {
        "type": "/docs/errors#conflict",
        "title": "Not in this state",
        "status": 409,
        "detail": "the class is not open yet",
        "code": "conflict",
        "reason": reason.value,
        "request_id": "r5b1f",
    }
    explanation = explain(json.dumps(problem), CONTEXT)
    assert explanation.kind is Kind.CLOUD_ERROR
    assert explanation.is_answered
    assert explanation.causes[0].code == reason.value
    assert explanation.content["request_id"] == "r5b1f"
    assert explanation.content["source"] == "docs/reference/errors.md#conflict"
    unknown = explain(json.dumps({**problem, "reason": "no_such_reason"}), CONTEXT)
    assert not unknown.is_answered


def test_a_code_is_explained_in_chinese() -> None:
    explanation = explain("70001", replace(CONTEXT, chinese=True))
    assert explanation.content["title"] == "UserSig 已过期"
    assert explanation.causes[0].evidence.startswith("已过有效期")
