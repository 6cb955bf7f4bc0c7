"""cos-nodejs-sdk-v5 as the client: what is not asked of the Python SDK, and what differs."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.support.contract_cloud import BUCKET, REGION, SECRET_ID, SECRET_KEY
from tests.support.cos_policies import policy, statement
from tests.support.cutting_proxy import cut_after
from tests.support.node_clients import NodeClients, keys_of, step
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token, grant_for

KEY = "classes/1/up1/lesson.pdf"
AWKWARD = ["课件/第一课 (1).pdf", "a b+c%20d&e=f?g#h", "~t_-.!'()*;:@$,", "a//b", "表情😀.png"]
PART = 1 << 20
WriteFile = Callable[[bytes], str]


def stored(emulator: Emulator, key: str) -> bytes:
    content = emulator.cos_client().get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream()
    read = content.read()
    assert isinstance(read, bytes)
    return read


def slice_upload(file: str, key: str = KEY) -> dict[str, object]:
    found = step("sliceUploadFile", key, FilePath=file, ChunkSize=PART, AsyncLimit=1)
    assert isinstance(found, dict)
    return found


def test_awkward_keys_are_put_read_listed_and_removed(
    node: NodeClients, emulator: Emulator
) -> None:
    steps = []
    for key in AWKWARD:
        steps += [step("putObject", key, key.encode()), step("headObject", key)]
        steps += [step("getObject", key), step("getObject", key, Range="bytes=1-2")]
    outcomes = node.play(emulator.address, *steps)
    for index, key in enumerate(AWKWARD):
        put, head, whole, part = (each["data"] for each in outcomes[4 * index : 4 * index + 4])
        assert put["ETag"] == f'"{hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()}"'
        assert head["headers"]["content-length"] == str(len(key.encode()))
        assert base64.b64decode(whole["Body"]) == key.encode()
        assert base64.b64decode(part["Body"]) == key.encode()[1:3]
        assert part["headers"]["content-range"] == f"bytes 1-2/{len(key.encode())}"
    listed = node.play_one(emulator, step("getBucket", Prefix=""))
    assert {each["Key"] for each in listed["Contents"]} == set(AWKWARD)
    objects = [{"Key": key} for key in AWKWARD[1:]]
    node.play(emulator.address, step("deleteObject", AWKWARD[0]))
    node.play_one(emulator, step("deleteMultipleObject", Objects=objects))
    assert node.play_one(emulator, step("getBucket", Prefix=""))["Contents"] == []


def test_file_goes_up_in_parts_with_temporary_keys(
    node: NodeClients, emulator: Emulator, file_of: WriteFile
) -> None:
    content = os.urandom(3 * PART + 17)
    keys = keys_of(grant_for(emulator, KEY))
    done = node.play_one(emulator, slice_upload(file_of(content)), **keys)
    assert done["ETag"].endswith('-4"')
    assert stored(emulator, KEY) == content


def test_temporary_keys_are_refused_beyond_their_policy_and_time(
    node: NodeClients, emulator: Emulator
) -> None:
    granted = grant_for(emulator, KEY, seconds=60)
    keys = keys_of(granted)
    outcomes = node.play(
        emulator.address,
        step("putObject", KEY, b"x"),
        step("putObject", KEY + "2", b"x"),
        step("getObject", KEY),
        step("getBucket", Prefix="classes/"),
        **keys,
    )
    assert "data" in outcomes[0]
    assert [each["error"]["code"] for each in outcomes[1:]] == ["AccessDenied"] * 3
    (without,) = node.play(
        emulator.address, step("putObject", KEY, b"x"), **(keys | {"token": granted.token[:-1]})
    )
    assert without["error"]["code"] == "InvalidSecurity"
    emulator.set_clock(61)
    (expired,) = node.play(emulator.address, step("putObject", KEY, b"x"), **keys)
    assert expired["error"]["code"] == "ExpiredToken"


def test_wrong_secret_key_does_not_match(node: NodeClients, emulator: Emulator) -> None:
    (refused,) = node.play(emulator.address, step("putObject", KEY, b"x"), secret_key="y" * 32)
    assert (refused["error"]["status"], refused["error"]["code"]) == (403, "SignatureDoesNotMatch")


def test_presigned_url_with_a_token_opens_with_a_plain_client(
    node: NodeClients, emulator: Emulator
) -> None:
    key = AWKWARD[0]
    emulator.cos_client().put_object(Bucket=BUCKET, Key=key, Body=b"lesson")
    granted = federation_token(emulator, policy(statement(key, ["name/cos:GetObject"])))
    wanted = {"response-content-disposition": "attachment; filename=a.pdf"}
    url = node.play_one(
        emulator, step("getObjectUrl", key, Query=wanted, Expires=300), **keys_of(granted)
    )["Url"]
    where = urlsplit(url)
    headers = {"Host": where.netloc}
    answer = emulator.call("GET", f"{where.path}?{where.query}", headers=headers)
    assert (answer.status, answer.body) == (200, b"lesson")
    assert answer.headers["content-disposition"] == wanted["response-content-disposition"]
    changed = where.query.replace("a.pdf", "b.pdf")
    assert changed != where.query
    assert emulator.call("GET", f"{where.path}?{changed}", headers=headers).status == 403
    emulator.set_clock(400)
    assert emulator.call("GET", f"{where.path}?{where.query}", headers=headers).status == 403


def test_upload_goes_on_after_a_cut_connection(
    node: NodeClients, emulator: Emulator, file_of: WriteFile
) -> None:
    content = os.urandom(4 * PART)
    upload = slice_upload(file_of(content))
    keys = keys_of(grant_for(emulator, KEY))
    with cut_after(emulator.port, 2 * PART + PART // 2) as network:
        (broken,) = node.play(network.address, upload, **keys)
        assert network.is_cut
    assert "error" in broken
    owner = emulator.cos_client()
    (begun,) = owner.list_multipart_uploads(Bucket=BUCKET)["Upload"]
    parts = owner.list_parts(Bucket=BUCKET, Key=KEY, UploadId=begun["UploadId"])["Part"]
    assert len(parts) == 2
    with cut_after(emulator.port, 3 * PART) as network:
        # Room for the two parts that are missing, and not for all four again.
        (done,) = node.play(network.address, upload, **keys)
    assert "error" not in done, done
    assert stored(emulator, KEY) == content
    assert "Upload" not in owner.list_multipart_uploads(Bucket=BUCKET)


# ── qcloud-cos-sts ──────────────────────────────────────────────────────────────────────────────


def node_sts(emulator: Emulator, policy_text: str, **changed: object) -> dict[str, object]:
    asked = {
        "secretId": SECRET_ID, "secretKey": SECRET_KEY, "host": emulator.address, "region": REGION,
        "durationSeconds": 60, "policy": json.loads(policy_text),
    }  # fmt: skip
    return {"sts": asked | changed}


def test_node_sts_sdk_is_given_keys_for_the_policy_that_it_writes(
    node: NodeClients, emulator: Emulator
) -> None:
    actions = ["name/cos:PutObject", "name/cos:GetObject"]
    scope = [
        {"action": action, "bucket": BUCKET, "region": REGION, "prefix": "classes/1/*"}
        for action in actions
    ]
    written = node.play_one(emulator, {"policy": scope})
    assert all(each["principal"] == {"qcs": "*"} for each in written["statement"])
    answer = node.play_one(emulator, node_sts(emulator, json.dumps(written)))
    assert answer["expiredTime"] - answer["startTime"] == 60
    given = answer["credentials"]
    keys = {
        "secret_id": given["tmpSecretId"],
        "secret_key": given["tmpSecretKey"],
        "token": given["sessionToken"],
    }
    allowed, other, beyond = node.play(
        emulator.address,
        step("putObject", "classes/1/课件.pdf", b"x"),
        step("putObject", "classes/2/课件.pdf", b"x"),
        step("deleteObject", "classes/1/课件.pdf"),
        **keys,
    )
    assert "data" in allowed
    assert [other["error"]["code"], beyond["error"]["code"]] == ["AccessDenied"] * 2
    assert stored(emulator, "classes/1/课件.pdf") == b"x"


def test_node_sts_sdk_with_another_key_is_refused(node: NodeClients, emulator: Emulator) -> None:
    text = policy(statement(KEY))
    (refused,) = node.play(emulator.address, node_sts(emulator, text, secretKey="x" * 32))
    assert refused["error"]["code"] == "AuthFailure.SignatureFailure"
