"""The JSON API (v4): single-use and reusable signatures, called as the old SDKs call it."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.support.contract_cloud import APP_ID, BUCKET, SECRET_ID, SHORT_BUCKET, settings_for
from tests.support.json_api_signatures import prefixed, reusable, signed, single_use
from tests.support.running_emulator import Answer, Emulator, running_emulator
from tests.support.sts_client import grant_for

PATH = "/classes/1/direct/课件 (1).pdf"
OTHER = "/classes/1/direct/other.pdf"
EXPIRED, WRONG_BUCKET, WRONG_FILE_ID, WRONG_APP, WRONG_SIGNATURE = -59, -61, -63, -70, -97
UNKNOWN_SECRET_ID, NO_BUCKET, EXISTS, NO_FILE = -47, -133, -177, -197
WRONG_SHA, BAD_PARAMETER = -4016, -5999


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def address(path: str, bucket: str = SHORT_BUCKET, app_id: str = APP_ID) -> str:
    return f"/files/v2/{app_id}/{bucket}{quote(path)}"


def form(content: bytes, **fields: str) -> tuple[bytes, dict[str, str]]:
    boundary = "a4ae19b5e7e84b1d"
    lines = b""
    for name, value in fields.items():
        lines += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode()
    lines += (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="filecontent"; filename="a.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = lines + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def upload(
    emulator: Emulator, signature: str, content: bytes = b"lesson", path: str = PATH,
    **fields: str,
) -> Answer:  # fmt: skip
    body, headers = form(content, **({"op": "upload", "insertOnly": "0"} | fields))
    return emulator.call("POST", address(path), body, headers | {"Authorization": signature})


def stat(emulator: Emulator, signature: str, path: str = PATH) -> Answer:
    return emulator.call("GET", address(path) + "?op=stat", headers={"Authorization": signature})


def delete(emulator: Emulator, signature: str, path: str = PATH) -> Answer:
    headers = {"Authorization": signature, "Content-Type": "application/json"}
    return emulator.call("POST", address(path), b'{"op":"delete"}', headers)


def code(answer: Answer) -> int:
    assert (answer.status == 200) == (answer.json["code"] == 0)
    found = answer.json["code"]
    assert isinstance(found, int)
    return found


def test_single_use_signature_works_once(emulator: Emulator) -> None:
    signature = single_use(prefixed(PATH))
    first = upload(emulator, signature)
    assert first.json["code"] == 0
    assert first.json["message"] == "SUCCESS"
    assert first.json["request_id"]
    assert set(first.json["data"]) == {"access_url", "source_url", "resource_path", "url"}
    assert first.json["data"]["resource_path"] == prefixed(PATH)
    assert code(upload(emulator, signature, b"again")) == WRONG_SIGNATURE
    assert stat(emulator, reusable()).json["data"]["filesize"] == 6


def test_of_two_at_once_exactly_one_wins(emulator: Emulator) -> None:
    for _ in range(5):
        signature = single_use(prefixed(PATH))
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(partial(_upload_many, emulator, signature), range(8)))
        assert sorted(code(answer) for answer in answers) == [WRONG_SIGNATURE] * 7 + [0]
        winner = next(n for n, answer in enumerate(answers) if answer.status == 200)
        sha = sha1(bytes([winner]) * 300_000)
        assert stat(emulator, reusable()).json["data"]["sha"] == sha


def _upload_many(emulator: Emulator, signature: str, number: int) -> Answer:
    return upload(emulator, signature, bytes([number]) * 300_000)


def test_another_spelling_of_the_same_signature_is_the_same(emulator: Emulator) -> None:
    signature = single_use(prefixed(PATH))
    assert code(upload(emulator, signature)) == 0
    body, headers = form(b"x", op="upload", insertOnly="0")
    query = f"?sign={quote(signature, safe='')}"
    assert code(emulator.call("POST", address(PATH) + query, body, headers)) == WRONG_SIGNATURE
    for changed in (signature + "=", signature.rstrip("="), " " + signature):
        assert code(upload(emulator, changed)) == WRONG_SIGNATURE


def test_signature_is_not_used_up_by_a_request_that_failed(emulator: Emulator) -> None:
    signature = single_use(prefixed(PATH))
    assert code(upload(emulator, signature, path=OTHER)) == WRONG_FILE_ID
    assert code(upload(emulator, signature, sha="0" * 40)) == WRONG_SHA
    assert code(stat(emulator, signature)) == NO_FILE
    assert code(upload(emulator, signature)) == 0


def test_used_signatures_stay_used_after_a_restart(tmp_path: Path) -> None:
    signature = single_use(prefixed(PATH))
    with running_emulator(settings_for(tmp_path)) as emulator:
        assert code(upload(emulator, signature)) == 0
    with running_emulator(settings_for(tmp_path)) as emulator:
        assert code(upload(emulator, signature)) == WRONG_SIGNATURE


def test_signature_may_travel_in_the_query(emulator: Emulator) -> None:
    body, headers = form(b"lesson", op="upload")
    query = f"?sign={quote(single_use(prefixed(PATH)), safe='')}"
    assert code(emulator.call("POST", address(PATH) + query, body, headers)) == 0


@pytest.mark.parametrize("order", ["abketrf", "aketrfb", "abkterf"])
def test_fields_come_in_any_order(emulator: Emulator, order: str) -> None:
    assert code(upload(emulator, single_use(prefixed(PATH), order=order))) == 0


@pytest.mark.parametrize(
    "file_id",
    [prefixed(PATH), f"/{APP_ID}/{SHORT_BUCKET}{PATH}",
     f"/{APP_ID}/{SHORT_BUCKET}{quote(PATH, safe='/~()')}"],
    ids=["encoded", "raw", "as encodeURIComponent"],
)  # fmt: skip
def test_single_use_names_its_file_in_any_known_form(emulator: Emulator, file_id: str) -> None:
    assert code(upload(emulator, single_use(file_id))) == 0


@pytest.mark.parametrize("file_id", ["", PATH, prefixed(OTHER), prefixed("/"), f"/{APP_ID}"])
def test_single_use_for_anything_else_is_refused(emulator: Emulator, file_id: str) -> None:
    assert code(upload(emulator, single_use(file_id))) in (WRONG_FILE_ID, WRONG_SIGNATURE)


def test_reusable_signature_works_until_it_expires(emulator: Emulator) -> None:
    signature = reusable(seconds=300)
    for content in (b"one", b"two"):
        assert code(upload(emulator, signature, content)) == 0
    assert code(upload(emulator, signature, path=OTHER)) == 0
    emulator.set_clock(301)
    assert code(upload(emulator, signature)) == EXPIRED


@pytest.mark.parametrize("file_id", [prefixed(PATH), PATH, quote(PATH, safe="/~")])
def test_reusable_signature_with_a_file_id_is_bound_to_it(emulator: Emulator, file_id: str) -> None:
    signature = reusable(file_id)
    assert code(upload(emulator, signature)) == 0
    assert code(upload(emulator, signature, path=OTHER)) == WRONG_FILE_ID


def test_delete_takes_a_single_use_signature_only(emulator: Emulator) -> None:
    upload(emulator, reusable())
    assert code(delete(emulator, reusable())) == WRONG_SIGNATURE
    signature = single_use(prefixed(PATH))
    assert code(delete(emulator, signature)) == 0
    assert code(stat(emulator, reusable())) == NO_FILE
    upload(emulator, reusable())
    assert code(delete(emulator, signature)) == WRONG_SIGNATURE


def test_delete_may_be_sent_as_a_form(emulator: Emulator) -> None:
    upload(emulator, reusable())
    headers = {
        "Authorization": single_use(prefixed(PATH)),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert code(emulator.call("POST", address(PATH), b"op=delete", headers)) == 0


@pytest.mark.parametrize(
    ("signature", "wanted"),
    [
        (single_use(prefixed(PATH), secret_key="x" * 32), WRONG_SIGNATURE),
        (single_use(prefixed(PATH), secret_id="AKIDnobody"), UNKNOWN_SECRET_ID),
        (single_use(prefixed(PATH), app_id="1259999999"), WRONG_APP),
        (single_use(prefixed(PATH), bucket="other"), WRONG_BUCKET),
        (signed(f"a={APP_ID}&b={SHORT_BUCKET}&k={SECRET_ID}"), WRONG_SIGNATURE),
        ("", WRONG_SIGNATURE),
        ("!!!", WRONG_SIGNATURE),
        ("AAAA", WRONG_SIGNATURE),
    ],
    ids=["key", "secret id", "app", "bucket", "fields missing", "none", "no base64", "short"],
)
def test_wrong_signature_has_the_code_of_its_fault(
    emulator: Emulator, signature: str, wanted: int
) -> None:
    answer = upload(emulator, signature)
    assert (answer.status, code(answer)) == (403, wanted)


def test_temporary_keys_do_not_sign_here(emulator: Emulator) -> None:
    granted = grant_for(emulator, "*")
    signature = single_use(
        prefixed(PATH), secret_id=granted.secret_id, secret_key=granted.secret_key
    )
    assert code(upload(emulator, signature)) == UNKNOWN_SECRET_ID


def test_insert_only_keeps_the_file_that_is_there(emulator: Emulator) -> None:
    assert code(upload(emulator, reusable(), b"one", insertOnly="1")) == 0
    assert code(upload(emulator, reusable(), b"two", insertOnly="1")) == EXISTS
    assert code(upload(emulator, reusable(), b"one", insertOnly="1")) == 0
    assert stat(emulator, reusable()).json["data"]["filesize"] == 3
    assert code(upload(emulator, reusable(), b"three", insertOnly="0")) == 0
    assert code(upload(emulator, reusable(), b"four", insertOnly="yes")) == BAD_PARAMETER


def test_sha_of_the_content_is_checked(emulator: Emulator) -> None:
    sha = sha1(b"lesson")
    assert code(upload(emulator, reusable(), sha=sha.upper(), biz_attr="第一课")) == 0
    data = stat(emulator, reusable()).json["data"]
    assert (data["sha"], data["biz_attr"]) == (sha, "第一课")


def test_both_apis_show_the_same_objects(emulator: Emulator) -> None:
    client = emulator.cos_client()
    upload(emulator, reusable(), b"by v4")
    content = client.get_object(Bucket=BUCKET, Key=PATH[1:])["Body"].get_raw_stream().read()
    assert content == b"by v4"
    client.put_object(Bucket=BUCKET, Key=OTHER[1:], Body=b"by v5!")
    assert stat(emulator, reusable(), OTHER).json["data"]["filesize"] == 6


def test_only_the_configured_bucket_exists(emulator: Emulator) -> None:
    signature = single_use(f"/{APP_ID}/other{quote(PATH)}", bucket="other")
    headers = {"Authorization": signature}
    answer = emulator.call("GET", address(PATH, bucket="other") + "?op=stat", headers=headers)
    assert (answer.status, code(answer)) == (404, NO_BUCKET)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="op"\r\n\r\n\xff\r\n--b--',
         "multipart/form-data; boundary=b"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 200_000, "application/json"),
        (b"[]", "application/json"),
        (b"op=%ff", "application/x-www-form-urlencoded"),
        (json.dumps({"op": ["delete"]}).encode(), "application/json"),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read_are_wrong_parameters(
    emulator: Emulator, body: bytes, content_type: str
) -> None:
    headers = {"Authorization": single_use(prefixed(PATH)), "Content-Type": content_type}
    answer = emulator.call("POST", address(PATH), body, headers)
    assert (answer.status, code(answer)) == (400, BAD_PARAMETER)


@pytest.mark.parametrize("path", ["/files/v2/", "/files/v2/1/b", "/files/v2/1/b/", "/files/v2//b/c",
                                  "/files/v2/1/b/%ff", "/files/v2/1/b/" + "k" * 851])  # fmt: skip
def test_bad_addresses_are_wrong_parameters(emulator: Emulator, path: str) -> None:
    assert code(emulator.call("GET", path)) == BAD_PARAMETER
