"""The catalogue is complete and well-formed, and codes are found in what programs print."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classgate.emulator.cos import errors as store
from classgate.emulator.im import errors as emulated
from classgate.explain.codes.catalogue import LEGACY, find_code, load_codes
from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, Kind
from classgate.legacy import error_codes

CONTEXT = ExplainContext(now=datetime(2026, 11, 29, tzinfo=UTC))
CHINESE = re.compile("[\u4e00-\u9fff]")


def test_every_entry_has_both_languages_a_cause_and_a_source() -> None:
    for entry in load_codes():
        texts = (entry.meaning,) if entry.fix is None else (entry.meaning, entry.fix)
        for english, chinese in texts:
            assert english.endswith("."), entry.code
            assert chinese.endswith("。"), entry.code
        assert not CHINESE.search(entry.title[0] + entry.meaning[0]), entry.code
        assert entry.causes, entry.code
        assert len(set(entry.causes)) == len(entry.causes), entry.code
        assert entry.source.startswith(("https://", "docs/")), entry.code


def test_no_code_is_listed_twice_for_one_service() -> None:
    listed = [
        (entry.service, code) for entry in load_codes() for code in (entry.code, *entry.aliases)
    ]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("70003", "70003"),
        ("-70003", "-70003"),
        (" 70009\n", "70009"),
        ("error 70013", "70013"),
        ("错误码：70014", "70014"),
        ("code: -100018", "-100018"),
        ("6206", "6206"),
        ("onError(-3320, 'userSig is empty')", "-3320"),
        ("E/TRTCCloud: enterRoom failed, err=-100006 privateMapKey", "-100006"),
        ("login failed code=6206, desc=sig expired", "6206"),
        ("AuthFailure.SignatureFailure", "AuthFailure.SignatureFailure"),
        ("RequestTimeTooSkewed", "RequestTimeTooSkewed"),
        ("InvalidParameter.GrantOtherResource", "InvalidParameter.GrantOtherResource"),
        (
            "[TencentCloudSDKException] code:AuthFailure.SecretIdNotFound message:x requestId:y",
            "AuthFailure.SecretIdNotFound",
        ),
        ("CosServiceError: SignatureDoesNotMatch, status 403", "SignatureDoesNotMatch"),
    ],
)
def test_a_code_is_found_alone_and_in_a_line_of_a_log(text: str, code: str) -> None:
    explanation = explain(text, CONTEXT)
    assert explanation.kind is Kind.CODE
    assert explanation.content["code"] == code
    assert explanation.valid is None
    assert explanation.is_answered
    assert explanation.fix


@pytest.mark.parametrize(
    "text",
    [
        "port 10001 is open",
        "6013 files in 7003 folders",
        "2026-11-29 10:00:01 started",
        "1.70003",
        "NotACode",
        "http://host:70003/",
    ],
)
def test_an_ordinary_number_or_word_is_no_code(text: str) -> None:
    assert explain(text, CONTEXT).kind is Kind.UNKNOWN


def test_a_number_of_two_services_is_explained_for_both() -> None:
    explanation = explain("10006", CONTEXT)
    assert explanation.content["service"] == "IM"
    assert explanation.content["also"] == [
        "classgate, legacy API: Identifier or password is wrong, or the account is disabled."
    ]


def test_a_code_that_is_not_listed_has_the_entry_of_its_parent() -> None:
    assert [each.code for each in find_code("AuthFailure.Other")] == ["AuthFailure"]
    assert find_code("Other.Thing") == ()
    assert explain("AuthFailure.Other", CONTEXT).content["code"] == "AuthFailure.Other"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("70001", "expired"),
        ("70003", "truncated"),
        ("70009", "wrong_key"),
        ("70013", "wrong_identifier"),
        ("70014", "wrong_sdk_app_id"),
        ("70016", "wrong_key"),
        ("70020", "wrong_sdk_app_id"),
        ("70050", "too_often"),
        ("70051", "disabled"),
        ("70052", "expired"),
        ("70107", "account_not_imported"),
        ("6206", "expired"),
        ("-100006", "advanced_permission_control"),
        ("-100018", "wrong_key"),
        ("-3318", "room_type_differs"),
        ("-3319", "invalid_identifier"),
        ("-3320", "truncated"),
        ("-102010", "missing_privilege"),
        ("10004", "invalid_parameter"),
        ("InvalidParameter.GrantOtherResource", "bucket_without_app_id"),
        ("StrategyResourceInvalid", "bucket_without_app_id"),
        ("AccessDenied", "missing_action"),
        ("ExpiredToken", "expired"),
        ("RequestTimeTooSkewed", "clock_skew"),
        ("AuthFailure.SignatureExpire", "clock_skew"),
        ("InvalidPart", "cors_rule_missing"),
        ("SignatureDoesNotMatch", "wrong_key"),
        ("FailedOperation.TempKeyNotAllowed", "temporary_key_used"),
    ],
)
def test_the_likeliest_cause_of_a_pain_of_the_field_comes_first(code: str, cause: str) -> None:
    assert explain(code, CONTEXT).causes[0].code == cause


def test_every_code_of_the_legacy_api_is_listed() -> None:
    found = [value for name, value in vars(error_codes).items() if name.isupper()]
    codes = {str(each) for each in found if isinstance(each, int) and each != 0}
    assert codes
    assert {each for each in codes if not find_code(each, LEGACY)} == set()


def test_every_code_with_which_the_emulator_refuses_a_log_in_is_listed() -> None:
    numbers = {
        value
        for name, value in vars(emulated).items()
        if name.isupper() and isinstance(value, int) and name != "NOT_IN_ROOM"
    }
    assert {str(each) for each in numbers if not find_code(str(each))} == set()


def test_every_code_of_the_emulated_store_is_listed() -> None:
    text = Path(store.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r'"([A-Z][a-z]+[A-Z][A-Za-z0-9]+)"', text))
    assert {each for each in names if not find_code(each)} == set()


@pytest.mark.parametrize(
    "text", ["登录报错70001怎么办", "login fail:70001", "７０００１", "错误码７０００１", "70001."]
)
def test_a_code_needs_no_space_around_it(text: str) -> None:
    assert explain(text, CONTEXT).causes[0].code == "expired"


@pytest.mark.parametrize("text", ["127.0.0.1:60010 is busy", "localhost:60010", "v1.70001.2"])
def test_a_port_and_a_version_are_no_codes(text: str) -> None:
    assert explain(text, CONTEXT).kind is Kind.UNKNOWN
