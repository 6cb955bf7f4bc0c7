"""Conditions of a temporary key's policy, over HTTP with the official client."""

import json
from typing import Any

import pytest
from qcloud_cos import CosServiceError
from tests.support.contract_cloud import APP_ID, BUCKET, REGION
from tests.support.post_forms import KEY as FORM_KEY
from tests.support.post_forms import post, refused, signed
from tests.support.running_emulator import Emulator
from tests.support.sts_client import Granted, federation_token

PNG, HTML = {"ContentType": "image/png"}, {"ContentType": "text/html"}
PUBLIC = {"ACL": "public-read"}
RESOURCE = f"qcs::cos:{REGION}:uid/{APP_ID}:{BUCKET}/*"


def keys(emulator: Emulator, *statements: dict[str, Any]) -> Granted:
    listed = [
        {"effect": "allow", "action": ["cos:*"], "resource": [RESOURCE]} | one for one in statements
    ]
    return federation_token(emulator, json.dumps({"version": "2.0", "statement": listed}))


def refusal(emulator: Emulator, granted: Granted, key: str = "a", **given: Any) -> str:
    """The message of a refused upload, or ""."""
    client = granted.cos_client(emulator)
    try:
        client.put_object(Bucket=BUCKET, Key=key, **({"Body": b"12345"} | given))
    except CosServiceError as error:
        if error.get_error_code() != "AccessDenied":
            raise
        return str(error.get_error_msg())
    return ""


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ({"numeric_less_than_equal": {"cos:content-length": 5}}, {}, {"Body": b"123456"}),
        ({"numeric_greater_than": {"cos:content-length": 4}}, {}, {"Body": b"1234"}),
        ({"string_equal": {"cos:x-cos-acl": "private"}}, {"ACL": "private"}, {}),
        ({"string_equal": {"cos:x-cos-acl": "private"}}, {"ACL": "private"}, {"ACL": "default"}),
        ({"string_not_equal": {"cos:content-type": "text/html"}}, PNG, HTML),
        ({"string_not_equal_if_exist": {"cos:x-cos-acl": "public-read"}}, {}, PUBLIC),
        ({"string_like": {"cos:content-type": "image/*"}}, PNG, HTML),
        ({"string_equal": {"cos:x-cos-storage-class": "ARCHIVE"}}, {"StorageClass": "ARCHIVE"}, {}),
    ],
)  # fmt: skip
def test_condition_holds_as_documented(
    emulator: Emulator, condition: dict[str, Any], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    granted = keys(emulator, {"condition": condition})
    assert refusal(emulator, granted, **good) == ""
    message = refusal(emulator, granted, **bad)
    assert message == "The policy does not allow name/cos:PutObject."


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"ip_equal": {"qcs:ip": ["10.0.0.0/8", "127.0.0.1"]}}, True),
        ({"ip_equal": {"qcs:ip": "10.0.0.0/8"}}, False),
        ({"ip_not_equal": {"qcs:ip": "10.0.0.0/8"}}, True),
        ({"ip_not_equal": {"qcs:ip": "127.0.0.0/8"}}, False),
        ({"bool_equal": {"cos:secure-transport": "false"}}, True),
        ({"bool_equal": {"cos:secure-transport": "true"}}, False),
        ({"numeric_equal": {"cos:tls-version": 1.2}}, False),
    ],
)
def test_condition_on_the_connection(
    emulator: Emulator, condition: dict[str, Any], allowed: bool
) -> None:
    granted = keys(emulator, {"condition": condition})
    assert (refusal(emulator, granted) == "") is allowed


def test_lists_are_bound_by_their_encoded_prefix(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="folder1/a", Body=b"x")
    granted = keys(emulator, {"condition": {"string_equal": {"cos:prefix": "folder1%2F"}}})
    client = granted.cos_client(emulator)
    assert len(client.list_objects(Bucket=BUCKET, Prefix="folder1/")["Contents"]) == 1
    for prefix in ("folder1", "", "folder2/"):
        with pytest.raises(CosServiceError):
            client.list_objects(Bucket=BUCKET, Prefix=prefix)


def test_parameter_of_a_download_is_bound_by_its_encoded_value(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"x")
    wanted = {"string_equal": {"cos:response-content-type": "image%2Fjpeg"}}
    client = keys(emulator, {"condition": wanted}).cos_client(emulator)
    answer = client.get_object(Bucket=BUCKET, Key="a", ResponseContentType="image/jpeg")
    assert answer["Content-Type"] == "image/jpeg"
    for given in ({}, {"ResponseContentType": "text/html"}):
        with pytest.raises(CosServiceError):
            client.get_object(Bucket=BUCKET, Key="a", **given)


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("string_equal", "vpc:requester_vpc", "vpc-1"),
        ("date_less_than", "qcs:current_time", "2030-01-01T00:00:00Z"),
        ("for_any_value:string_equal", "qcs:resource_tag", ["a&b"]),
        ("string_equal_if_exist", "cos:made-up", "1"),
    ],
)
def test_unknown_condition_is_named_in_the_answer(
    emulator: Emulator, operator: str, key: str, value: object
) -> None:
    condition, name = {operator: {key: value}}, f"{operator} {key}"
    for effect in ("allow", "deny"):
        granted = keys(emulator, {}, {"condition": condition, "effect": effect})
        only = keys(emulator, {"condition": condition, "effect": effect})
        message = refusal(emulator, only)
        assert message.endswith(
            f"The emulator does not know these conditions of the policy: {name}."
        )
        # Something else that allows it is enough; something that denies it is not.
        assert (refusal(emulator, granted) == "") is (effect == "allow")


def test_form_is_bound_by_its_fields(emulator: Emulator) -> None:
    granted = keys(emulator, {"condition": {"string_equal": {"cos:x-cos-acl": "private"}}})
    fields = signed(
        {"key": FORM_KEY}, secret_id=granted.secret_id, secret_key=granted.secret_key
    ) | {"x-cos-security-token": granted.token}
    assert refused(post(emulator, fields)) == (403, "AccessDenied")
    assert post(emulator, fields | {"acl": "private"}).status == 204
