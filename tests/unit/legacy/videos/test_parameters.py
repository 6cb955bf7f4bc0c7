"""Which parameters of a query to the video service are taken, and what becomes of them."""

import pytest

from classgate.errors import InvalidRequest, PermissionDenied
from classgate.legacy.videos.models import RawParameters, VideoQueryRules
from classgate.legacy.videos.parameters import MAX_CHARACTERS, MAX_PARAMETERS, read_query

RULES = VideoQueryRules(frozenset({"DescribeVodInfo", "GetVideoInfo"}))
GOOD: dict[str, object] = {"Action": "GetVideoInfo", "fileId": "7447398154966722001"}


def refused_field(given: RawParameters, method: str = "GET") -> str:
    with pytest.raises(InvalidRequest) as refusal:
        read_query(RULES, method, given)
    (fault,) = refusal.value.fields
    return fault.field


def test_texts_and_whole_numbers_become_texts() -> None:
    query = read_query(RULES, "POST", {**GOOD, "pageSize": 50, "status": -1, "name": "函数 & 图"})
    assert (query.action, query.method) == ("GetVideoInfo", "POST")
    assert query.parameters == {
        "Action": "GetVideoInfo",
        "fileId": "7447398154966722001",
        "pageSize": "50",
        "status": "-1",
        "name": "函数 & 图",
    }


def test_own_parameters_are_without_the_action_and_all_of_the_signature() -> None:
    signature = {"SecretId": "AKIDother", "Nonce": 1, "Timestamp": 2, "Signature": "s"}
    query = read_query(RULES, "GET", {**GOOD, **signature, "SignatureMethod": "HmacSHA256"})
    assert query.own == {"fileId": "7447398154966722001"}
    assert query.signature_method == "HmacSHA256"


def test_sha1_is_meant_when_no_method_is_named() -> None:
    assert read_query(RULES, "GET", GOOD).signature_method == "HmacSHA1"


@pytest.mark.parametrize("value", [True, 1.5, None, [], ["a"], {"a": "b"}, b"a", 2**63, -(2**64)])
def test_other_values_are_refused(value: object) -> None:
    assert refused_field({**GOOD, "classId": value}) == "classId"


@pytest.mark.parametrize(
    "value",
    [
        "x&Action=DeleteVodFile",
        "x&&Action=DeleteVodFile",
        "&SecretId=",
        "a\nb",
        "a\r\nHost: b",
        "\x00",
        "\x7f",
        "\ud83d",
    ],
)
def test_value_that_could_bring_a_parameter_is_refused(value: str) -> None:
    assert refused_field({**GOOD, "fileId": value}) == "fileId"


@pytest.mark.parametrize(
    "name", ["", "a=b", "a&b", "a=1&Action", "a\n", "a b", "a[]", "名", "a%26"]
)
def test_name_that_could_bring_a_parameter_is_refused(name: str) -> None:
    assert refused_field({**GOOD, name: "1"}) == "params"


@pytest.mark.parametrize(
    "name", ["action", "ACTION", "secretId", "timestamp", "nonce", "signature"]
)
def test_name_that_is_the_signatures_in_other_letters_is_refused(name: str) -> None:
    assert refused_field({**GOOD, name: "1"}) == "params"


def test_names_that_are_signed_as_one_are_refused() -> None:
    assert refused_field({**GOOD, "a_b": "1", "a.b": "2"}) == "params"


def test_token_of_a_temporary_key_is_refused() -> None:
    assert refused_field({**GOOD, "Token": "t"}) == "Token"


def test_value_that_a_post_would_not_sign_is_refused() -> None:
    assert read_query(RULES, "GET", {**GOOD, "name": "@a"}).own["name"] == "@a"
    assert refused_field({**GOOD, "name": "@a"}, "POST") == "params"


@pytest.mark.parametrize("method", ["", "get", "PUT", "GET\n"])
def test_other_methods_are_refused(method: str) -> None:
    assert refused_field(GOOD, method) == "method"


@pytest.mark.parametrize("method", ["", "hmacsha1", "HmacMD5", 1])
def test_other_signature_methods_are_refused(method: object) -> None:
    assert refused_field({**GOOD, "SignatureMethod": method}) == "SignatureMethod"


def test_so_many_parameters_and_characters_are_taken_and_no_more() -> None:
    many: dict[str, object] = {f"p.{i}": "" for i in range(MAX_PARAMETERS - 1)}
    assert len(read_query(RULES, "GET", {**many, "Action": "GetVideoInfo"}).own) == len(many)
    assert refused_field({**many, **GOOD}) == "params"
    left = MAX_CHARACTERS - len("GetVideoInfo")
    assert read_query(RULES, "GET", {"Action": "GetVideoInfo", "name": "x" * left})
    assert refused_field({"Action": "GetVideoInfo", "name": "x" * (left + 1)}) == "params"


@pytest.mark.parametrize("action", ["DeleteVodFile", "getvideoinfo", "GetVideoInfo ", "", 0])
def test_action_that_is_not_listed_is_denied(action: object) -> None:
    with pytest.raises(PermissionDenied):
        read_query(RULES, "GET", {"Action": action})


def test_query_without_an_action_is_denied() -> None:
    with pytest.raises(PermissionDenied):
        read_query(RULES, "GET", {"fileId": "1"})
