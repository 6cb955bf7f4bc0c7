"""The bucket over the XML API: lists, many objects removed at once, pages of other origins."""

import base64
import hashlib

import pytest
import requests
from qcloud_cos import CosS3Auth, CosS3Client
from qcloud_cos.cos_exception import CosServiceError
from tests.support.contract_cloud import BUCKET
from tests.support.cos_policies import policy, statement
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token

KEYS = ["a", "a/", "a/1", "a/b/2", "a/b/3", "b", "课件/一", "课件/二", "é +%26&<>"]
IN_ORDER = ["a", "a/", "a/1", "a/b/2", "a/b/3", "b", "é +%26&<>", "课件/一", "课件/二"]


def refusal(error: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    return error.value.get_status_code(), error.value.get_error_code()


def filled(emulator: Emulator) -> CosS3Client:
    client = emulator.cos_client()
    for key in KEYS:
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    return client


def listed(client: CosS3Client, **wanted: object) -> tuple[list[str], list[str]]:
    answer = client.list_objects(Bucket=BUCKET, **wanted)
    return (
        [each["Key"] for each in answer.get("Contents", [])],
        [each["Prefix"] for each in answer.get("CommonPrefixes", [])],
    )


def test_list_tells_every_object_in_the_order_of_bytes(emulator: Emulator) -> None:
    client = filled(emulator)
    answer = client.list_objects(Bucket=BUCKET)
    assert [each["Key"] for each in answer["Contents"]] == IN_ORDER
    first = answer["Contents"][0]
    assert first["ETag"] == f'"{hashlib.md5(b"a", usedforsecurity=False).hexdigest()}"'
    assert first["Size"] == "1"
    assert answer["IsTruncated"] == "false"
    assert answer["Name"] == BUCKET


@pytest.mark.parametrize(
    ("wanted", "keys", "groups"),
    [
        ({"Prefix": "a/"}, ["a/", "a/1", "a/b/2", "a/b/3"], []),
        ({"Prefix": "a/", "Delimiter": "/"}, ["a/", "a/1"], ["a/b/"]),
        ({"Delimiter": "/"}, ["a", "b", "é +%26&<>"], ["a/", "课件/"]),
        ({"Delimiter": "件/"}, ["a", "a/", "a/1", "a/b/2", "a/b/3", "b", "é +%26&<>"], ["课件/"]),
        ({"Prefix": "课"}, ["课件/一", "课件/二"], []),
        ({"Marker": "a/b/2"}, ["a/b/3", "b", "é +%26&<>", "课件/一", "课件/二"], []),
        ({"Prefix": "a/b/3", "Delimiter": "/", "Marker": "a/b/"}, ["a/b/3"], []),
        ({"Prefix": "none"}, [], []),
    ],
)
def test_list_is_cut_by_prefix_delimiter_and_marker(
    emulator: Emulator, wanted: dict[str, object], keys: list[str], groups: list[str]
) -> None:
    assert listed(filled(emulator), **wanted) == (keys, groups)


@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_together_are_the_whole_list(emulator: Emulator, delimiter: str, size: int) -> None:
    client = filled(emulator)
    whole = listed(client, Delimiter=delimiter)
    keys: list[str] = []
    groups: list[str] = []
    marker, more = "", True
    while more:
        page = client.list_objects(Bucket=BUCKET, Delimiter=delimiter, Marker=marker, MaxKeys=size)
        found = [each["Key"] for each in page.get("Contents", [])]
        groups += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        keys += found
        more = page["IsTruncated"] == "true"
        marker = page.get("NextMarker", "")
    assert (keys, groups) == whole


@pytest.mark.parametrize("size", ["0", "1001", "x"])
def test_page_size_has_bounds(emulator: Emulator, size: str) -> None:
    with pytest.raises(CosServiceError) as refused:
        emulator.cos_client().list_objects(Bucket=BUCKET, MaxKeys=size)
    assert refusal(refused) == (400, "InvalidArgument")


def test_temporary_keys_list_only_below_their_prefix(emulator: Emulator) -> None:
    filled(emulator)
    granted = federation_token(emulator, policy(statement("a/b/*", ["name/cos:GetBucket"])))
    client = granted.cos_client(emulator)
    assert listed(client, Prefix="a/b/") == (["a/b/2", "a/b/3"], [])
    assert listed(client, Prefix="a/b/3") == (["a/b/3"], [])
    for prefix in ("", "a/", "a/b"):
        with pytest.raises(CosServiceError) as refused:
            client.list_objects(Bucket=BUCKET, Prefix=prefix)
        assert refusal(refused) == (403, "AccessDenied")


# ── many removed at once ────────────────────────────────────────────────────────────────────────


def deletion(*keys: str, quiet: str = "false") -> dict[str, object]:
    return {"Quiet": quiet, "Object": [{"Key": key} for key in keys]}


def test_batch_removes_what_it_names_and_nothing_else(emulator: Emulator) -> None:
    client = filled(emulator)
    answer = client.delete_objects(
        Bucket=BUCKET, Delete=deletion("a/", "课件/一", "é +%26&<>", "missing")
    )
    assert [each["Key"] for each in answer["Deleted"]] == ["a/", "课件/一", "é +%26&<>", "missing"]
    assert "Error" not in answer
    assert listed(client)[0] == ["a", "a/1", "a/b/2", "a/b/3", "b", "课件/二"]


def test_quiet_batch_tells_only_what_failed(emulator: Emulator) -> None:
    client = filled(emulator)
    answer = client.delete_objects(Bucket=BUCKET, Delete=deletion("a", quiet="true"))
    assert not answer or "Deleted" not in answer
    assert "a" not in listed(client)[0]


def test_batch_removes_only_what_the_policy_allows(emulator: Emulator) -> None:
    owner = filled(emulator)
    text = policy(
        statement("a/*", ["name/cos:DeleteObject"]),
        statement("a/b/3", ["name/cos:DeleteObject"], effect="deny"),
    )
    client = federation_token(emulator, text).cos_client(emulator)
    answer = client.delete_objects(Bucket=BUCKET, Delete=deletion("a/1", "a/b/3", "b"))
    assert [each["Key"] for each in answer["Deleted"]] == ["a/1"]
    assert [(each["Key"], each["Code"]) for each in answer["Error"]] == [
        ("a/b/3", "AccessDenied"), ("b", "AccessDenied"),
    ]  # fmt: skip
    assert {"a/b/3", "b"} <= set(listed(owner)[0])


def test_batch_does_not_take_a_version_for_the_object(emulator: Emulator) -> None:
    client = filled(emulator)
    versioned = {"Object": [{"Key": "a", "VersionId": "MTg0NDY3"}, {"Key": "b"}]}
    answer = client.delete_objects(Bucket=BUCKET, Delete=versioned)
    assert [(each["Key"], each["Code"]) for each in answer["Error"]] == [("a", "NotImplemented")]
    assert [each["Key"] for each in answer["Deleted"]] == ["b"]
    assert "a" in listed(client)[0]


def test_batch_over_a_thousand_keys_is_refused(emulator: Emulator) -> None:
    with pytest.raises(CosServiceError) as refused:
        emulator.cos_client().delete_objects(
            Bucket=BUCKET, Delete=deletion(*(f"k{n}" for n in range(1001)))
        )
    assert refusal(refused) == (400, "MalformedXML")


@pytest.mark.parametrize(
    ("body", "md5_of", "code"),
    [
        (b"<Delete><Object><Key>a</Key></Object></Delete>", None, "MissingContentMD5"),
        (b"<Delete><Object><Key>a</Key></Object></Delete>", b"other", "BadDigest"),
        (b"<Delete/>", b"<Delete/>", "MalformedXML"),
        (b"not xml", b"not xml", "MalformedXML"),
    ],
)
def test_batch_body_is_checked(
    emulator: Emulator, body: bytes, md5_of: bytes | None, code: str
) -> None:
    client = filled(emulator)
    headers = {"Content-Type": "application/xml"}
    if md5_of is not None:
        digest = hashlib.md5(md5_of, usedforsecurity=False).digest()
        headers["Content-MD5"] = base64.b64encode(digest).decode()
    config = emulator.cos_client(by_domain=True).get_conf()
    answer = requests.post(
        f"http://{emulator.address}/?delete", body, headers=headers,
        auth=CosS3Auth(config, params={"delete": ""}), timeout=30,
    )  # fmt: skip
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True)
    assert "a" in listed(client)[0]


# ── pages of other origins ──────────────────────────────────────────────────────────────────────

ORIGIN = {"Origin": "https://classes.example"}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "HEAD", "DELETE"])
def test_browser_gets_permission_to_send(emulator: Emulator, method: str) -> None:
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,x-cos-security-token,content-md5",
    }
    answer = emulator.call("OPTIONS", "/classes/1/a.pdf?uploads", headers=ORIGIN | asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert answer.headers["access-control-allow-headers"] == asked["Access-Control-Request-Headers"]


@pytest.mark.parametrize(
    "headers",
    [{}, ORIGIN, ORIGIN | {"Access-Control-Request-Method": "PATCH"},
     {"Access-Control-Request-Method": "PUT"}],
)  # fmt: skip
def test_options_that_the_rule_does_not_cover_is_refused(
    emulator: Emulator, headers: dict[str, str]
) -> None:
    answer = emulator.call("OPTIONS", "/a", headers=headers)
    assert answer.status == 403
    assert b"<Code>AccessForbidden</Code>" in answer.body


def test_page_may_read_what_it_needs_of_every_answer_and_refusal(emulator: Emulator) -> None:
    answer = emulator.call("PUT", "/a", b"x", headers=ORIGIN)
    assert answer.status == 403
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert set(exposed) >= {"ETag", "x-cos-request-id", "Date", "Content-Length"}
    assert "access-control-allow-origin" not in emulator.call("PUT", "/a", b"x").headers
