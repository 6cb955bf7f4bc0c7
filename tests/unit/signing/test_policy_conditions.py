"""Conditions hold as COS documents them: Conditions (436/71306), Condition Keys (436/71307)."""

import json

import pytest

from classgate.signing.cos_policy import ObjectResource, Policy, policy_allows, unknown_conditions

HERE = ObjectResource("ap-guangzhou", "1250000000", "examplebucket-1250000000", "a")
VERSION = "MTg0NDUxNTc1NjIzMTQ1MDAwODg"
Document = dict[str, object]


def statement(
    operator: str, key: str, value: object, *, effect: str = "allow", action: str = "name/cos:*"
) -> Document:
    resource = "qcs::cos:ap-guangzhou:uid/1250000000:examplebucket-1250000000/*"
    condition = {operator: {key: value}}
    return {"effect": effect, "action": action, "resource": resource, "condition": condition}


def policy(*statements: Document) -> Policy:
    return Policy.from_wire(json.dumps({"version": "2.0", "statement": list(statements)}))


def allows(
    action: str, context: dict[str, str | int], *statements: Document, others: bool = False
) -> bool:
    """With `others`, something else allows everything, so that only a deny can refuse."""
    listed = list(statements)
    if others:
        listed.append({"effect": "allow", "action": "*", "resource": "*"})
    return policy_allows(
        policy(*listed), action=f"name/cos:{action}", resource=HERE, context=context
    )


@pytest.mark.parametrize(
    ("operator", "version", "met"),
    [
        ("string_equal", None, False),
        ("string_equal_if_exist", None, True),
        ("string_equal", VERSION, True),
        ("string_equal_if_exist", VERSION, True),
        ("string_equal", "another", False),
        ("string_equal_if_exist", "another", False),
    ],
)
def test_table_of_the_document_holds_for_allow_and_for_deny(
    operator: str, version: str | None, met: bool
) -> None:
    context: dict[str, str | int] = {} if version is None else {"cos:versionid": version}
    allow = statement(operator, "cos:versionid", VERSION)
    deny = statement(operator, "cos:versionid", VERSION, effect="deny")
    assert allows("GetObject", context, allow) is met
    assert allows("GetObject", context, deny, others=True) is not met


@pytest.mark.parametrize(("length", "allowed"), [(9, True), (10, True), (11, False), (None, False)])
def test_largest_upload_of_the_document(length: int | None, allowed: bool) -> None:
    statements = (
        statement("numeric_less_than_equal", "cos:content-length", 10),
        statement("numeric_greater_than_if_exist", "cos:content-length", 10, effect="deny"),
    )
    context: dict[str, str | int] = {} if length is None else {"cos:content-length": length}
    assert allows("PutObject", context, *statements) is allowed


@pytest.mark.parametrize(("length", "allowed"), [(1, False), (2, True), (3, True), (None, False)])
def test_smallest_upload_of_the_document(length: int | None, allowed: bool) -> None:
    statements = (
        statement("numeric_greater_than_equal", "cos:content-length", 2),
        statement("numeric_less_than_if_exist", "cos:content-length", 2, effect="deny"),
    )
    context: dict[str, str | int] = {} if length is None else {"cos:content-length": length}
    assert allows("PutObject", context, *statements) is allowed


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [
        ("cos:x-cos-acl", "private", "public-read"),
        ("cos:x-cos-storage-class", "STANDARD", "ARCHIVE"),
        ("cos:content-type", "image/jpeg", "text/html"),
        ("cos:response-content-type", "image%2Fjpeg", "text%2Fhtml"),
        ("cos:x-cos-forbid-overwrite", "true", "false"),
    ],
)
def test_header_must_be_there_and_have_the_value(key: str, value: str, other: str) -> None:
    statements = (
        statement("string_equal", key, value),
        statement("string_not_equal_if_exist", key, value, effect="deny"),
    )
    assert allows("PutObject", {key: value}, *statements)
    assert not allows("PutObject", {key: other}, *statements)
    assert not allows("PutObject", {}, *statements)
    optional = (
        statement("string_equal_if_exist", key, value),
        statement("string_not_equal", key, value, effect="deny"),
    )
    assert allows("PutObject", {}, *optional)
    assert allows("PutObject", {key: value}, *optional)
    assert not allows("PutObject", {key: other}, *optional)


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "met"),
    [
        ("string_not_equal", ["a", "b"], "c", True),
        ("string_not_equal", ["a", "b"], "b", False),
        ("string_like", "image/*", "image/png", True),
        ("numeric_equal", 5, 5, True),
        ("numeric_not_equal", 5, 5, False),
        ("numeric_not_equal", 5, 6, True),
        ("numeric_greater_than", "5", 5, False),
        ("numeric_greater_than", "5", 6, True),
        ("numeric_less_than", 5, 5, False),
        ("numeric_less_than", 5, 4, True),
    ],
)
def test_operator_compares(operator: str, wanted: object, value: str | int, met: bool) -> None:
    key = "cos:content-length" if isinstance(value, int) else "cos:content-type"
    assert allows("PutObject", {key: value}, statement(operator, key, wanted)) is met


def test_address_and_transport() -> None:
    inside: dict[str, str | int] = {"qcs:ip": "192.168.1.7", "cos:secure-transport": "false"}
    ranges = ["192.168.1.0/24", "101.226.100.185"]
    assert allows("GetObject", inside, statement("ip_equal", "qcs:ip", ranges))
    assert not allows("GetObject", inside, statement("ip_not_equal", "qcs:ip", ranges))
    assert allows("GetObject", {"qcs:ip": "10.0.0.1"}, statement("ip_not_equal", "qcs:ip", ranges))
    transport = "cos:secure-transport"
    assert not allows("GetObject", inside, statement("bool_equal", transport, "true"))
    for value in ("false", False):
        denied = statement("bool_equal", transport, value, effect="deny")
        assert not allows("GetObject", inside, denied, others=True)


@pytest.mark.parametrize("written", ["name/cos:PutObject", "cos:PutObject"])
@pytest.mark.parametrize("ending", ["", "*"])
def test_action_has_two_spellings(written: str, ending: str) -> None:
    context: dict[str, str | int] = {"cos:content-length": 1}
    given = statement("numeric_equal", "cos:content-length", 1, action=written + ending)
    assert allows("PutObject", context, given)
    assert allows("PutObjectCopy", context, given) is (ending == "*")
    assert not allows("GetObject", context, given)


def test_all_actions_have_two_spellings() -> None:
    for written in ("cos:*", "name/cos:*", "name/*", "*"):
        given = statement("string_equal_if_exist", "cos:prefix", "x", action=written)
        assert allows("DeleteObject", {}, given)


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("date_less_than", "qcs:current_time", "2030-01-01T00:00:00Z"),
        ("string_equal", "vpc:requester_vpc", "vpc-aqp5jrc1"),
        ("string_equal_if_exist", "qcs:resource_tag", "a&b"),
        ("for_any_value:string_equal", "cos:content-type", "a"),
        ("ip_equal", "qcs:ip", "10.*.*.10/24"),
        ("numeric_equal", "cos:content-length", "ten"),
    ],
)
def test_what_is_unknown_allows_nothing_denies_and_is_named(
    operator: str, key: str, value: object
) -> None:
    context: dict[str, str | int] = {
        "qcs:ip": "10.0.0.1", "cos:content-length": 10, "cos:content-type": "a",
    }  # fmt: skip
    allow, deny = (statement(operator, key, value, effect=each) for each in ("allow", "deny"))
    assert not allows("PutObject", context, allow)
    assert not allows("PutObject", context, deny, others=True)
    found = unknown_conditions(
        policy(allow), action="name/cos:PutObject", resource=HERE, context=context
    )
    assert found == [f"{operator} {key}"]


def test_only_statements_about_the_request_are_named() -> None:
    unknown = statement("date_equal", "qcs:current_time", "x", action="name/cos:GetObject")
    for action, named in (("GetObject", 1), ("PutObject", 0)):
        found = unknown_conditions(policy(unknown), action=f"name/cos:{action}", resource=HERE)
        assert len(found) == named
