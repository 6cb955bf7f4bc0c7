"""Hosts: the bucket's own in every form, another's, another service's; and a client of a proxy."""

import http.client
import subprocess
import sys

import pytest
from qcloud_cos import CosConfig, CosS3Client
from tests.support.contract_cloud import BUCKET, REGION, SECRET_ID, SECRET_KEY
from tests.support.cos_signing import authorization
from tests.support.post_forms import stored
from tests.support.running_emulator import Answer, Emulator
from tests.support.sts_client import grant_for

OWN = f"{BUCKET}.cos.{REGION}.myqcloud.com"


def send(
    emulator: Emulator, method: str, host: str, target: str = "/a", path: str | None = None,
    signed_host: str | None = None,
) -> Answer:  # fmt: skip
    """Over a plain connection, so that nothing rewrites the host or the target."""
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=30)
    try:
        text = authorization(method, path or target, headers={"host": signed_host or host})
        body = b"new" if method == "PUT" else None
        connection.putrequest(method, target, skip_host=True)
        for name, value in (("Host", host), ("Authorization", text)):
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
        reply = connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read())
    finally:
        connection.close()


def code_of(answer: Answer) -> str:
    return answer.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


@pytest.mark.parametrize(
    "host",
    [
        OWN,
        f"{BUCKET}.cos.accelerate.myqcloud.com",
        f"{BUCKET}.cos-internal.{REGION}.tencentcos.cn",
        f"{BUCKET}.cos-internal.accelerate.tencentcos.cn",
        f"{BUCKET}.cos.{REGION}.tencentcos.cn",
        f"{BUCKET}.cos.{REGION}.localhost",
        f"{BUCKET}.COS.{REGION}.MyQCloud.com:80",
    ],
)
def test_own_bucket_has_many_hosts(emulator: Emulator, host: str) -> None:
    assert send(emulator, "PUT", host).status == 200
    assert stored(emulator, "a") == b"new"
    assert send(emulator, "DELETE", host).status == 204
    assert stored(emulator, "a") is None


@pytest.mark.parametrize(
    ("host", "status", "code"),
    [
        (f"other-1250000000.cos.{REGION}.myqcloud.com", 404, "NoSuchBucket"),
        (f"{BUCKET}.cos.ap-beijing.myqcloud.com", 404, "NoSuchBucket"),
        ("other-1250000000.cos.accelerate.myqcloud.com", 404, "NoSuchBucket"),
        (f"courseware.cos.{REGION}.myqcloud.com", 404, "NoSuchBucket"),
        (f"other-1250000000.cos-internal.{REGION}.tencentcos.cn", 404, "NoSuchBucket"),
        (f"{BUCKET}.ci.{REGION}.myqcloud.com", 501, "NotImplemented"),
        (f"{BUCKET}.pic.{REGION}.myqcloud.com", 501, "NotImplemented"),
        (f"{BUCKET}.cos-website.{REGION}.myqcloud.com", 501, "NotImplemented"),
        (f"{BUCKET}.file.myqcloud.com", 501, "NotImplemented"),
        (f"{BUCKET}.ci.{REGION}.localhost:8001", 501, "NotImplemented"),
        (f"ci.{REGION}.myqcloud.com", 501, "NotImplemented"),
        (f"{BUCKET}.cn-south.myqcloud.com", 501, "NotImplemented"),
        (f"{BUCKET}.cosgz.myqcloud.com", 501, "NotImplemented"),
        ("service.cos.myqcloud.com", 501, "NotImplemented"),
        (f"service.cos.{REGION}.myqcloud.com", 501, "NotImplemented"),
        ("cvm.tencentcloudapi.com", 501, "NotImplemented"),
    ],
)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "GET"])
def test_other_host_never_means_the_own_bucket(
    emulator: Emulator, method: str, host: str, status: int, code: str
) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"old")
    answer = send(emulator, method, host)
    assert (answer.status, code_of(answer)) == (status, code)
    assert stored(emulator, "a") == b"old"


def test_path_names_the_bucket_on_the_host_of_a_region(emulator: Emulator) -> None:
    host = f"cos.{REGION}.myqcloud.com"
    assert send(emulator, "PUT", host, f"/{BUCKET}/a").status == 200
    assert stored(emulator, "a") == b"new"
    other = send(emulator, "DELETE", host, "/other-1250000000/a")
    assert (other.status, code_of(other)) == (404, "NoSuchBucket")
    buckets = send(emulator, "GET", host, "/")
    assert (buckets.status, code_of(buckets)) == (501, "NotImplemented")
    assert b"list of buckets" in buckets.body
    listed = send(emulator, "GET", host, f"/{BUCKET}/")
    assert b"<Key>a</Key>" in listed.body


def test_own_bucket_exists_already_and_no_other_is_made(emulator: Emulator) -> None:
    own = send(emulator, "PUT", OWN, "/")
    assert (own.status, code_of(own)) == (409, "BucketAlreadyOwnedByYou")
    other = send(emulator, "PUT", f"other-1250000000.cos.{REGION}.myqcloud.com", "/")
    assert (other.status, code_of(other)) == (501, "NotImplemented")


# ── clients that take it for their proxy ────────────────────────────────────────────────────────


def test_whole_url_as_target_names_the_host(emulator: Emulator) -> None:
    for scheme in ("http", "HTTP"):
        target = f"{scheme}://{OWN}/a"
        assert send(emulator, "PUT", OWN, target, "/a").status == 200
    # The target's host counts, whatever the Host header says (RFC 9112, section 3.2.2).
    assert send(emulator, "PUT", "elsewhere", f"http://{OWN}/a", "/a", OWN).status == 200
    wrong = send(emulator, "PUT", OWN, f"http://{BUCKET}.cos.ap-beijing.myqcloud.com/a", "/a")
    assert (wrong.status, code_of(wrong)) == (404, "NoSuchBucket")
    root = send(emulator, "GET", OWN, f"http://{OWN}", "/")
    assert b"<Key>a</Key>" in root.body


def test_emulator_is_no_proxy_for_other_servers(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"old")
    for host in ("example.com", "example.com:8080"):
        answer = send(emulator, "DELETE", host, f"http://{host}/a", "/a")
        assert (answer.status, code_of(answer)) == (501, "NotImplemented")
    assert stored(emulator, "a") == b"old"
    own = f"http://{emulator.address}/a"
    assert send(emulator, "DELETE", emulator.address, own, "/a").status == 204


def test_tunnel_for_tls_is_refused_in_a_sentence(emulator: Emulator) -> None:
    answer = send(emulator, "CONNECT", f"{OWN}:443", f"{OWN}:443", "/")
    assert answer.status == 501
    assert b"use http://" in answer.body


CLIENT = f"""
from qcloud_cos import CosConfig, CosS3Client
keys = dict(SecretId="{SECRET_ID}", SecretKey="{SECRET_KEY}")
client = CosS3Client(CosConfig(Region="{REGION}", Scheme="http", **keys), retry=0)
client.put_object(Bucket="{BUCKET}", Key="课件/a b.txt", Body=b"lesson")
print(client.get_object(Bucket="{BUCKET}", Key="课件/a b.txt")["Body"].get_raw_stream().read())
"""


def test_one_variable_points_an_unchanged_program_here(emulator: Emulator) -> None:
    """An official client with its production settings, and HTTP_PROXY in its environment."""
    done = subprocess.run(
        [sys.executable, "-c", CLIENT],
        env={"HTTP_PROXY": f"http://{emulator.address}", "PATH": "", "PYTHONUTF8": "1"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "b'lesson'\n"), done.stderr


def test_temporary_keys_work_over_a_proxy(emulator: Emulator) -> None:
    granted = grant_for(emulator, "a")
    config = CosConfig(
        Region=REGION, SecretId=granted.secret_id, SecretKey=granted.secret_key,
        Token=granted.token, Scheme="http", Proxies={"http": f"http://{emulator.address}"},
    )  # fmt: skip
    CosS3Client(config, retry=0).put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert stored(emulator, "a") == b"x"
