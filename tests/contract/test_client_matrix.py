"""Keys from each token client in each store client: what they do, and everything they do not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from qcloud_cos import CosServiceError
from tests.support.contract_cloud import BUCKET, REGION, SECRET_ID, SECRET_KEY
from tests.support.cos_policies import UPLOAD, policy, statement
from tests.support.node_clients import NodeClients, keys_of, step
from tests.support.running_emulator import Emulator
from tests.support.sts_client import Granted, federation_token

KEY = "classes/1/up1/课件 (1)+a.pdf"
# What a reader of keys in a hurry takes for the same, or for what lies below.
OTHERS = [
    "classes/1/up1/课件 (1)+b.pdf",
    f"{KEY}x",
    KEY[:-1],
    KEY.upper(),
    f"{KEY}/a",
    "classes/1/",
]
SECONDS = 600


def from_cloud_sdk(emulator: Emulator, _node: NodeClients) -> Granted:
    """tencentcloud-sdk-python-sts"""
    return federation_token(emulator, policy(statement(KEY)), seconds=SECONDS)


def from_python_sts(emulator: Emulator, _node: NodeClients) -> Granted:
    """qcloud-python-sts"""
    sts = pytest.importorskip("sts.sts", reason="qcloud-python-sts is not installed")
    config = {
        "url": f"http://{emulator.address}/", "domain": emulator.address, "secret_id": SECRET_ID,
        "secret_key": SECRET_KEY, "duration_seconds": SECONDS, "bucket": BUCKET, "region": REGION,
        "allow_prefix": [KEY], "allow_actions": list(UPLOAD),
    }  # fmt: skip
    return _granted(sts.Sts(config).get_credential())


def from_node_sts(emulator: Emulator, node: NodeClients) -> Granted:
    """qcloud-cos-sts"""
    asked = {
        "secretId": SECRET_ID, "secretKey": SECRET_KEY, "host": emulator.address, "region": REGION,
        "durationSeconds": SECONDS, "policy": json.loads(policy(statement(KEY))),
    }  # fmt: skip
    return _granted(node.play_one(emulator, {"sts": asked}))


def _granted(answer: dict[str, Any]) -> Granted:
    keys = answer["credentials"]
    return Granted(
        keys["tmpSecretId"], keys["tmpSecretKey"], keys["sessionToken"],
        answer["expiredTime"], answer["expiration"],
    )  # fmt: skip


# (call of the Node SDK, its parameters); the Python SDK's names are beside them below.
Call = tuple[str, dict[str, Any]]
ALLOWED: list[Call] = [
    ("putObject", {"Key": KEY}),
    ("multipartInit", {"Key": KEY}),
    ("multipartList", {"Prefix": KEY}),
]
REFUSED: list[Call] = [
    *(("putObject", {"Key": other}) for other in OTHERS),
    *(("multipartInit", {"Key": other}) for other in OTHERS),
    ("getObject", {"Key": KEY}),
    ("headObject", {"Key": KEY}),
    ("deleteObject", {"Key": KEY}),
    ("getBucket", {"Prefix": KEY}),
    ("getBucket", {}),
    ("multipartList", {}),
    ("multipartList", {"Prefix": "classes/1/up1/"}),
    ("headBucket", {}),
]
PYTHON_NAMES = {
    "putObject": "put_object",
    "multipartInit": "create_multipart_upload",
    "multipartList": "list_multipart_uploads",
    "getObject": "get_object",
    "headObject": "head_object",
    "deleteObject": "delete_object",
    "getBucket": "list_objects",
    "headBucket": "head_bucket",
}


def with_python(
    emulator: Emulator, _: NodeClients, granted: Granted, calls: list[Call]
) -> list[str]:
    """The codes, "" for a success; a HEAD has its status alone."""
    client = granted.cos_client(emulator)
    outcomes = []
    for name, params in calls:
        body = {"Body": b"x"} if name == "putObject" else {}
        try:
            getattr(client, PYTHON_NAMES[name])(Bucket=BUCKET, **params, **body)
        except CosServiceError as error:
            named = "" if name.startswith("head") else error.get_error_code()
            outcomes.append(named or str(error.get_status_code()))
        else:
            outcomes.append("")
    return outcomes


def with_node(
    emulator: Emulator, node: NodeClients, granted: Granted, calls: list[Call]
) -> list[str]:
    """The same of the other client."""
    steps = [
        step(name, params.get("Key"), b"x" if name == "putObject" else None, **params)
        for name, params in calls
    ]
    outcomes = []
    played = node.play(emulator.address, *steps, **keys_of(granted))
    for (name, _), outcome in zip(calls, played, strict=True):
        error = outcome.get("error", {"code": ""})
        outcomes.append(
            str(error["status"]) if name.startswith("head") and error["code"] else error["code"]
        )
    return outcomes  # fmt: skip


Source = Callable[[Emulator, NodeClients], Granted]
Client = Callable[[Emulator, NodeClients, Granted, list[Call]], list[str]]


@pytest.mark.parametrize("client", [with_python, with_node])
@pytest.mark.parametrize("source", [from_cloud_sdk, from_python_sts, from_node_sts])
def test_keys_do_what_they_were_given_for_and_nothing_else(
    emulator: Emulator, node: NodeClients, source: Source, client: Client
) -> None:
    granted = source(emulator, node)
    owner = emulator.cos_client()
    for key in OTHERS:
        owner.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    assert client(emulator, node, granted, ALLOWED) == [""] * len(ALLOWED)
    codes = client(emulator, node, granted, REFUSED)
    expected = ["403" if name.startswith("head") else "AccessDenied" for name, _ in REFUSED]
    assert dict(enumerate(codes)) == dict(enumerate(expected))
    for key in OTHERS:
        assert owner.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read() == b"theirs"
    emulator.set_clock(SECONDS // 2)
    assert client(emulator, node, granted, ALLOWED) == [""] * len(ALLOWED)
    emulator.set_clock(SECONDS + 1)
    assert client(emulator, node, granted, ALLOWED) == ["ExpiredToken"] * len(ALLOWED)
