"""ACL, tags and encryption at rest: accepted, and read back by the official clients."""

from collections.abc import Callable
from typing import Any

import pytest
from qcloud_cos import CosServiceError
from tests.support.contract_cloud import BUCKET
from tests.support.cos_policies import policy, statement
from tests.support.node_clients import NodeClients, step
from tests.support.post_forms import KEY as FORM_KEY
from tests.support.post_forms import post, signed
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token

KEY = "课件/a.pdf"
ALL_USERS = "http://cam.qcloud.com/groups/global/AllUsers"
OWNER = "qcs::cam::uin/100000000001:uin/100000000001"
TAGS = {"TagSet": {"Tag": [{"Key": "k1", "Value": "v 1&=<"}, {"Key": "班级", "Value": ""}]}}


def code(error: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    return error.value.get_status_code(), error.value.get_error_code()


def grants(answer: dict[str, Any]) -> list[tuple[str, str]]:
    listed = (answer["AccessControlList"] or {}).get("Grant", [])
    return [
        (each["Grantee"].get("URI") or each["Grantee"]["ID"], each["Permission"]) for each in listed
    ]


# ── ACL ─────────────────────────────────────────────────────────────────────────────────────────


def test_acl_of_an_object_is_read_back(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert grants(client.get_object_acl(Bucket=BUCKET, Key=KEY)) == []
    client.put_object_acl(Bucket=BUCKET, Key=KEY, ACL="public-read")
    answer = client.get_object_acl(Bucket=BUCKET, Key=KEY)
    assert grants(answer) == [(OWNER, "FULL_CONTROL"), (ALL_USERS, "READ")]
    assert answer["Owner"]["ID"] == OWNER
    client.put_object_acl(
        Bucket=BUCKET, Key=KEY, GrantRead='id="100000000002"',
        GrantFullControl='id="100000000003/100000000004"',
    )  # fmt: skip
    assert grants(client.get_object_acl(Bucket=BUCKET, Key=KEY)) == [
        (OWNER, "FULL_CONTROL"),
        ("qcs::cam::uin/100000000002:uin/100000000002", "READ"),
        ("qcs::cam::uin/100000000003:uin/100000000004", "FULL_CONTROL"),
    ]
    # The object itself is as it was.
    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].get_raw_stream().read() == b"x"


def test_acl_that_an_upload_brings_is_read_back(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", ACL="public-read")
    assert (ALL_USERS, "READ") in grants(client.get_object_acl(Bucket=BUCKET, Key=KEY))
    assert "acl" not in client.head_object(Bucket=BUCKET, Key=KEY)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert grants(client.get_object_acl(Bucket=BUCKET, Key=KEY)) == []
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key="b", ACL="public-read")[
        "UploadId"
    ]
    etag = client.upload_part(BUCKET, "b", b"x", 1, upload_id)["ETag"]
    parts = {"Part": [{"PartNumber": 1, "ETag": etag}]}
    client.complete_multipart_upload(BUCKET, "b", upload_id, parts)
    assert (ALL_USERS, "READ") in grants(client.get_object_acl(Bucket=BUCKET, Key="b"))
    client.copy_object(
        Bucket=BUCKET, Key="c", CopySource={"Bucket": BUCKET, "Region": "ap-guangzhou", "Key": "b"}
    )
    assert grants(client.get_object_acl(Bucket=BUCKET, Key="c")) == []
    post(emulator, signed(["starts-with", "$key", ""]) | {"acl": "public-read"})
    assert (ALL_USERS, "READ") in grants(client.get_object_acl(Bucket=BUCKET, Key=FORM_KEY))


def test_acl_of_the_bucket_is_read_back(emulator: Emulator) -> None:
    client = emulator.cos_client()
    assert grants(client.get_bucket_acl(Bucket=BUCKET)) == [(OWNER, "FULL_CONTROL")]
    client.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
    assert grants(client.get_bucket_acl(Bucket=BUCKET)) == [
        (OWNER, "FULL_CONTROL"), (ALL_USERS, "READ"), (ALL_USERS, "WRITE"),
    ]  # fmt: skip
    given = {
        "Owner": {"ID": OWNER},
        "AccessControlList": {
            "Grant": [
                {
                    "Grantee": {"Type": "CanonicalUser", "ID": "qcs::cam::uin/2:uin/2"},
                    "Permission": "WRITE",
                }
            ]
        },
    }
    client.put_bucket_acl(Bucket=BUCKET, AccessControlPolicy=given)
    # All that the document lists and nothing else, as the tests of cos-nodejs-sdk-v5 want it.
    assert grants(client.get_bucket_acl(Bucket=BUCKET)) == [("qcs::cam::uin/2:uin/2", "WRITE")]


@pytest.mark.parametrize(
    "given",
    [
        {"ACL": "public-read-writ"},
        {"ACL": "public-read-write"},
        {"GrantRead": "everybody"},
        {},
        {"ACL": "private", "AccessControlPolicy": {"AccessControlList": {"Grant": []}}},
    ],
)
def test_acl_that_is_none_is_refused(emulator: Emulator, given: dict[str, Any]) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    with pytest.raises(CosServiceError) as refused:
        client.put_object_acl(Bucket=BUCKET, Key=KEY, **given)
    assert code(refused) == (400, "InvalidArgument")
    assert grants(client.get_object_acl(Bucket=BUCKET, Key=KEY)) == []


def test_upload_with_an_acl_that_is_none_stores_nothing(emulator: Emulator) -> None:
    client = emulator.cos_client()
    with pytest.raises(CosServiceError) as refused:
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", ACL="public")
    assert code(refused) == (400, "InvalidArgument")
    assert not client.object_exists(BUCKET, KEY)


def test_public_object_still_needs_a_signature(emulator: Emulator) -> None:
    """Stricter than the cloud, and said in the coverage page."""
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"x", ACL="public-read")
    assert emulator.call("GET", "/a").status == 403


# ── tags ────────────────────────────────────────────────────────────────────────────────────────


def test_tags_of_an_object_are_read_back(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", Metadata={"x-cos-tagging": "a=b%20c&d="})
    read = client.get_object_tagging(Bucket=BUCKET, Key=KEY)
    assert [each["Key"] for each in read["TagSet"]["Tag"]] == ["a", "d"]
    assert read["TagSet"]["Tag"][0]["Value"] == "b c"
    client.put_object_tagging(Bucket=BUCKET, Key=KEY, Tagging=TAGS)
    read = client.get_object_tagging(Bucket=BUCKET, Key=KEY)
    assert [(each["Key"], each["Value"] or "") for each in read["TagSet"]["Tag"]] == [
        ("k1", "v 1&=<"), ("班级", ""),
    ]  # fmt: skip
    assert client.head_object(Bucket=BUCKET, Key=KEY)["x-cos-tagging-count"] == "2"
    client.delete_object_tagging(Bucket=BUCKET, Key=KEY)
    with pytest.raises(CosServiceError) as none:
        client.get_object_tagging(Bucket=BUCKET, Key=KEY)
    assert code(none) == (404, "NoSuchTagSet")
    assert "x-cos-tagging-count" not in client.head_object(Bucket=BUCKET, Key=KEY)


def test_tags_of_the_bucket_are_read_back(emulator: Emulator) -> None:
    client = emulator.cos_client()
    with pytest.raises(CosServiceError) as none:
        client.get_bucket_tagging(Bucket=BUCKET)
    assert code(none) == (404, "NoSuchTagSet")
    tags = {"TagSet": {"Tag": [{"Key": "key0", "Value": "value0"}]}}
    client.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)
    assert client.get_bucket_tagging(Bucket=BUCKET) == tags
    client.delete_bucket_tagging(Bucket=BUCKET)
    with pytest.raises(CosServiceError) as none:
        client.get_bucket_tagging(Bucket=BUCKET)
    assert code(none) == (404, "NoSuchTagSet")


@pytest.mark.parametrize(
    "tags",
    [
        [(f"k{n}", "v") for n in range(11)],
        [("k", "1"), ("k", "2")],
        [("k" * 128, "v")],
        [("k", "v" * 256)],
        [("", "v")],
    ],
)
def test_tags_out_of_their_bounds_are_refused(
    emulator: Emulator, tags: list[tuple[str, str]]
) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    listed = [{"Key": key, "Value": value} for key, value in tags]
    with pytest.raises(CosServiceError) as refused:
        client.put_object_tagging(Bucket=BUCKET, Key=KEY, Tagging={"TagSet": {"Tag": listed}})
    assert code(refused) == (400, "InvalidTag")


def test_nothing_is_said_of_an_object_that_is_not_there(emulator: Emulator) -> None:
    client = emulator.cos_client()
    calls: tuple[Callable[[], object], ...] = (
        lambda: client.get_object_tagging(Bucket=BUCKET, Key="none"),
        lambda: client.put_object_tagging(Bucket=BUCKET, Key="none", Tagging=TAGS),
        lambda: client.get_object_acl(Bucket=BUCKET, Key="none"),
        lambda: client.put_object_acl(Bucket=BUCKET, Key="none", ACL="private"),
    )
    for call in calls:
        with pytest.raises(CosServiceError) as missing:
            call()
        assert code(missing) == (404, "NoSuchKey")


def test_each_is_an_action_of_its_own(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    upload = federation_token(emulator, policy(statement("*", ["name/cos:PutObject"])))
    client = upload.cos_client(emulator)
    refusals: tuple[Callable[[], object], ...] = (
        lambda: client.put_object_acl(Bucket=BUCKET, Key=KEY, ACL="public-read"),
        lambda: client.get_object_acl(Bucket=BUCKET, Key=KEY),
        lambda: client.put_object_tagging(Bucket=BUCKET, Key=KEY, Tagging=TAGS),
        lambda: client.put_bucket_acl(Bucket=BUCKET, ACL="public-read"),
        lambda: client.create_bucket(Bucket=BUCKET),
    )
    for refuse in refusals:
        with pytest.raises(CosServiceError) as refused:
            refuse()
        assert code(refused) == (403, "AccessDenied")
    actions = ["cos:PutObjectACL", "name/cos:GetObjectACL", "cos:PutObjectTagging"]
    client = federation_token(emulator, policy(statement("*", actions))).cos_client(emulator)
    client.put_object_acl(Bucket=BUCKET, Key=KEY, ACL="public-read")
    assert (ALL_USERS, "READ") in grants(client.get_object_acl(Bucket=BUCKET, Key=KEY))
    client.put_object_tagging(Bucket=BUCKET, Key=KEY, Tagging=TAGS)


def test_sdk_for_node_reads_the_same(node: NodeClients, emulator: Emulator) -> None:
    outcomes = node.play(
        emulator.address,
        step("putObject", KEY, b"x", ACL="public-read"),
        step("getObjectAcl", KEY),
        step("putBucketAcl", ACL="public-read-write"),
        step("getBucketAcl"),
        step("getObjectTagging", KEY),
        step("putObjectTagging", KEY, Tags=[{"Key": "a", "Value": "b"}]),
        step("getObjectTagging", KEY),
        step("getBucketTagging"),
    )
    assert not [each["error"] for each in outcomes if "error" in each]
    data = [each["data"] for each in outcomes]
    assert data[1]["ACL"] == "public-read"
    assert data[3]["ACL"] == "public-read-write"
    assert data[4]["Tags"] == []
    assert data[6]["Tags"] == [{"Key": "a", "Value": "b"}]
    assert data[7]["Tags"] == []


# ── encryption at rest ──────────────────────────────────────────────────────────────────────────

SSE = "x-cos-server-side-encryption"


def test_encryption_with_aes256_is_accepted_and_told(emulator: Emulator) -> None:
    client = emulator.cos_client()
    put = client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", ServerSideEncryption="AES256")
    assert put[SSE] == "AES256"
    assert client.head_object(Bucket=BUCKET, Key=KEY)[SSE] == "AES256"
    assert client.get_object(Bucket=BUCKET, Key=KEY)[SSE] == "AES256"
    source = {"Bucket": BUCKET, "Region": "ap-guangzhou", "Key": KEY}
    client.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
    # Not that of the source (document 436/10881).
    assert SSE not in client.head_object(Bucket=BUCKET, Key="copy")
    client.copy_object(Bucket=BUCKET, Key="copy", CopySource=source, ServerSideEncryption="AES256")
    assert client.head_object(Bucket=BUCKET, Key="copy")[SSE] == "AES256"
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert SSE not in client.head_object(Bucket=BUCKET, Key=KEY)


def test_encryption_of_an_upload_in_parts_and_of_a_form(emulator: Emulator) -> None:
    client = emulator.cos_client()
    begun = client.create_multipart_upload(Bucket=BUCKET, Key="b", ServerSideEncryption="AES256")
    etag = client.upload_part(BUCKET, "b", b"x", 1, begun["UploadId"])["ETag"]
    parts = {"Part": [{"PartNumber": 1, "ETag": etag}]}
    client.complete_multipart_upload(BUCKET, "b", begun["UploadId"], parts)
    assert client.head_object(Bucket=BUCKET, Key="b")[SSE] == "AES256"
    answer = post(emulator, signed(["starts-with", "$key", ""]) | {SSE: "AES256"})
    assert answer.headers[SSE] == "AES256"
    assert client.head_object(Bucket=BUCKET, Key=FORM_KEY)[SSE] == "AES256"
