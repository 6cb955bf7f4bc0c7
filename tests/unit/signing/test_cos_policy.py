"""How policies are written, read and asked."""

import json

import pytest

from classgate.errors import InvalidRequest, SigningError
from classgate.signing.cos_policy import (
    UPLOAD_ACTIONS,
    ObjectResource,
    Policy,
    Statement,
    policy_allows,
    policy_for_object,
    policy_for_prefix,
    resource,
)

REGION, APP_ID, BUCKET = "ap-guangzhou", "1250000000", "courseware-1250000000"
HERE = "qcs::cos:ap-guangzhou:uid/1250000000"
PUT = "name/cos:PutObject"


def asked(key: str, *, bucket: str = BUCKET, region: str = REGION) -> ObjectResource:
    return ObjectResource(region, APP_ID, bucket, key)


def allows(
    policy: Policy,
    key: str = "a/b",
    *,
    action: str = PUT,
    context: dict[str, str | int] | None = None,
) -> bool:
    return policy_allows(policy, action=action, resource=asked(key), context=context)


def allowing(*resources: str, condition: dict[str, dict[str, object]] | None = None) -> Policy:
    return Policy((Statement("allow", (PUT,), resources, condition),))


def denying(denied: str, condition: dict[str, dict[str, object]] | None = None) -> Policy:
    everything = Statement("allow", ("name/cos:*",), ("*",))
    return Policy((everything, Statement("deny", (PUT,), (denied,), condition)))


def test_a_policy_for_one_object_is_written_as_the_document_wants_it() -> None:
    policy = policy_for_object(
        region=REGION, cloud_app_id=APP_ID, bucket=BUCKET, object_key="classes/1/a.pdf"
    )
    assert json.loads(policy.to_wire()) == {
        "version": "2.0",
        "statement": [
            {
                "effect": "allow",
                "action": [
                    "name/cos:PutObject",
                    "name/cos:PostObject",
                    "name/cos:InitiateMultipartUpload",
                    "name/cos:ListMultipartUploads",
                    "name/cos:ListParts",
                    "name/cos:UploadPart",
                    "name/cos:CompleteMultipartUpload",
                    "name/cos:AbortMultipartUpload",
                ],
                "resource": [f"{HERE}:courseware-1250000000/classes/1/a.pdf"],
            }
        ],
    }
    assert Policy.from_wire(policy.to_wire()) == policy


def test_a_policy_for_a_prefix_ends_with_a_star_after_its_slash() -> None:
    policy = policy_for_prefix(
        region=REGION, cloud_app_id=APP_ID, bucket=BUCKET, prefix="classes/1/", actions=(PUT,)
    )
    assert policy == allowing(f"{HERE}:courseware-1250000000/classes/1/*")
    with pytest.raises(SigningError):
        policy_for_prefix(region=REGION, cloud_app_id=APP_ID, bucket=BUCKET, prefix="classes/1")
    for prefix in ("/", "", "*/", "a//", "../"):
        with pytest.raises(SigningError):
            policy_for_prefix(region=REGION, cloud_app_id=APP_ID, bucket=BUCKET, prefix=prefix)


@pytest.mark.parametrize(
    ("region", "cloud_app_id", "bucket"),
    [
        ("ap-guangzhou:uid/1", APP_ID, BUCKET),
        ("*", APP_ID, BUCKET),
        (REGION, "1:x", BUCKET),
        (REGION, "1250000001", BUCKET),
        (REGION, APP_ID, "courseware"),
        (REGION, APP_ID, "*-1250000000"),
    ],
)
def test_a_resource_is_in_one_bucket_of_the_account(
    region: str, cloud_app_id: str, bucket: str
) -> None:
    with pytest.raises(SigningError):
        resource(region, cloud_app_id, bucket, "a")


@pytest.mark.parametrize(
    ("pattern", "key", "covered"),
    [
        ("*", "a/b", True),
        (f"{HERE}:courseware-1250000000/a/b", "a/b", True),
        (f"{HERE}:courseware-1250000000/a/*", "a/b", True),
        (f"{HERE}:courseware-1250000000/a/*", "a/", True),
        (f"{HERE}:courseware-1250000000/*", "a/b", True),
        (f"{HERE}:prefix//1250000000/courseware/a/*", "a/b", True),
        (f"{HERE}:prefix//1250000000/courseware/a/b", "a/b", True),
        (f"{HERE}:courseware-1250000000/a", "a/b", False),
        (f"{HERE}:courseware-1250000000/a/b/", "a/b", False),
        (f"{HERE}:courseware-1250000000/A/B", "a/b", False),
        (f"{HERE}:prefix//1250000000/other/a/*", "a/b", False),
        (f"{HERE}:prefix//1250000001/courseware/a/*", "a/b", False),
        (f"{HERE}:other-1250000000/a/b", "a/b", False),
        ("qcs::cos:ap-beijing:uid/1250000000:courseware-1250000000/a/b", "a/b", False),
        ("qcs::cos:ap-guangzhou:uid/1250000001:courseware-1250000000/a/b", "a/b", False),
        ("qcs::cvm:ap-guangzhou:uid/1250000000:courseware-1250000000/a/b", "a/b", False),
        ("courseware-1250000000/a/b", "a/b", False),
        # A wildcard in the middle has no agreed meaning: it widens nothing.
        (f"{HERE}:courseware-1250000000/a*b", "a/b", False),
        (f"{HERE}:courseware-1250000000/*/b", "a/b", False),
        (f"{HERE}:courseware-1250000000/a?b", "a/b", False),
        (f"{HERE}:courseware-1250000000/a?*", "a/b", False),
    ],
)
def test_a_resource_covers(pattern: str, key: str, covered: bool) -> None:
    assert allows(allowing(pattern), key) is covered


@pytest.mark.parametrize(
    "denied",
    [
        "*",
        f"{HERE}:courseware-1250000000/a/b",
        f"{HERE}:courseware-1250000000/a/*",
        # What is not understood is taken to deny.
        f"{HERE}:courseware-1250000000/*/b",
        f"{HERE}:courseware-1250000000/a?b",
        "qcs::cos:ap-*:uid/1250000000:courseware-1250000000/a/b",
        "something else",
    ],
)
def test_deny_wins(denied: str) -> None:
    assert not allows(denying(denied))


def test_a_deny_elsewhere_denies_nothing_here() -> None:
    assert allows(denying(f"{HERE}:courseware-1250000000/c/*"))
    assert allows(denying("*"), action="name/cos:GetObject")


def test_policy_without_a_matching_statement_denies() -> None:
    assert not allows(Policy(()))
    assert not allows(allowing("*"), action="name/cos:GetObject")


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("*", True),
        ("name/cos:*", True),
        ("name/cos:Put*", True),
        ("name/cos:PutObjectACL", False),
        ("name/cos:putobject", False),
        ("name/cos:P*Object", False),
    ],
)
def test_an_action_covers(pattern: str, covered: bool) -> None:
    assert allows(Policy((Statement("allow", (pattern,), ("*",)),))) is covered


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"ip_equal": {"qcs:ip": ["10.217.182.3/24"]}}, {"qcs:ip": "10.217.182.99"}, True),
        ({"ip_equal": {"qcs:ip": "10.0.0.1"}}, {"qcs:ip": "10.0.0.1"}, True),
        ({"ip_equal": {"qcs:ip": ["10.0.0.1"]}}, {"qcs:ip": "10.0.0.2"}, False),
        ({"ip_equal": {"qcs:ip": ["10.0.0.1"]}}, {}, False),
        ({"ip_equal": {"qcs:ip": ["nonsense"]}}, {"qcs:ip": "10.0.0.1"}, False),
        ({"string_like_if_exist": {"cos:content-type": "image/*"}}, {}, True),
        (
            {"string_like_if_exist": {"cos:content-type": "image/*"}},
            {"cos:content-type": "image/png"},
            True,
        ),
        (
            {"string_like_if_exist": {"cos:content-type": ["image/*"]}},
            {"cos:content-type": "text/html"},
            False,
        ),
        ({"string_like": {"cos:content-type": "[a-z]"}}, {"cos:content-type": "a"}, False),
        (
            {"numeric_less_than_equal": {"cos:content-length": 10}},
            {"cos:content-length": 10},
            True,
        ),
        (
            {"numeric_less_than_equal": {"cos:content-length": 10}},
            {"cos:content-length": 11},
            False,
        ),
        ({"string_equal": {"cos:x": "a"}, "made_up": {"cos:x": "a"}}, {"cos:x": "a"}, False),
        ({"made_up_if_exist": {"cos:x": "a"}}, {}, False),
    ],
)
def test_a_condition_holds(
    condition: dict[str, dict[str, object]], context: dict[str, str | int], holds: bool
) -> None:
    assert allows(allowing("*", condition=condition), context=context) is holds


def test_a_wildcard_in_a_denied_action_does_not_weaken_the_deny() -> None:
    everything = Statement("allow", ("*",), ("*",))
    assert not allows(Policy((everything, Statement("deny", ("name/cos:P*Object",), ("*",)))))


def test_an_unknown_condition_does_not_weaken_a_deny() -> None:
    assert not allows(denying("*", {"made_up": {"cos:x": "a"}}))
    assert not allows(denying("*", {"ip_equal": {"qcs:ip": ["10.0.0.1"]}}))
    assert allows(
        denying("*", {"ip_equal": {"qcs:ip": ["10.0.0.1"]}}), context={"qcs:ip": "10.0.0.2"}
    )


def statement(**changes: object) -> str:
    given = {"effect": "allow", "action": [PUT], "resource": ["*"], **changes}
    kept = {name: value for name, value in given.items() if value is not None}
    return json.dumps({"version": "2.0", "statement": [kept]})


def test_scalars_and_a_principal_are_read_as_the_node_sdk_writes_them() -> None:
    text = statement(action=PUT, resource="*", principal={"qcs": "*"})
    assert Policy.from_wire(text) == allowing("*")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{" * 50_000,
        '{"version":"2.0"}',
        '{"version":"2.0","statement":[]}',
        '{"version":"1.0","statement":[{"effect":"allow","action":"a","resource":"*"}]}',
        '{"version":"2.0","statement":["allow"]}',
        statement(effect="Allow"),
        statement(effect=None),
        statement(effect=["allow"]),
        statement(action=None),
        statement(action=[]),
        statement(action=[7]),
        statement(resource=None),
        statement(resource=""),
        statement(not_action=["name/cos:GetObject"]),
        statement(condition=["made up"]),
        statement(condition={"ip_equal": "10.0.0.1"}),
        statement()[:-1] + ', "version": "2.0"}',
        statement().replace('"effect"', '"effect": "deny", "effect"'),
        statement(resource="\ud800"),
        statement() + "\ud800",
        " " * 100_000 + statement(),
    ],
)
def test_a_policy_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        Policy.from_wire(text)


def test_uploads_may_be_given_up_and_nothing_may_be_read_or_deleted() -> None:
    assert "name/cos:AbortMultipartUpload" in UPLOAD_ACTIONS
    forbidden = ("GetObject", "DeleteObject", "GetBucket", "PutObjectACL")
    assert not any(action.removeprefix("name/cos:") in forbidden for action in UPLOAD_ACTIONS)
