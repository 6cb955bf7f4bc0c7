"""Uploads in slices over the JSON API (v4), sent as cos-php-sdk-v4 and cos-js-sdk-v4 send them."""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.contract_cloud import APP_ID, BUCKET, SHORT_BUCKET, settings_for
from tests.support.json_api_signatures import prefixed, reusable, single_use
from tests.support.running_emulator import Answer, Emulator, running_emulator

PATH = "/classes/1/direct/课件 (1).pdf"
SLICE = 512 << 10
CONTENT = os.urandom(2 * SLICE + 77)
SLICES = {offset: CONTENT[offset : offset + SLICE] for offset in range(0, len(CONTENT), SLICE)}
NOT_FINISHED, WRONG_SHA, BAD_PARAMETER, EXISTS, NO_FILE = -4019, -4016, -5999, -177, -197
WRONG_SIGNATURE, EXPIRED = -97, -59


def form(content: bytes | None = None, **fields: object) -> tuple[bytes, dict[str, str]]:
    boundary = "0123456789abcdef"
    body = b""
    for name, value in fields.items():
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode()
    if content is not None:
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="filecontent"; filename="a"\r\n'
            "\r\n"
        ).encode()
        body += content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def post(
    emulator: Emulator,
    content: bytes | None = None,
    signature: str | None = None,
    path: str = PATH,
    **fields: object,
) -> Answer:  # fmt: skip
    body, headers = form(content, **fields)
    headers["Authorization"] = reusable() if signature is None else signature
    return emulator.call("POST", f"/files/v2/{APP_ID}/{SHORT_BUCKET}{quote(path)}", body, headers)


def begun(emulator: Emulator, **changed: Any) -> str:
    fields: dict[str, Any] = {
        "filesize": len(CONTENT),
        "slice_size": SLICE,
        "insertOnly": 0,
    } | changed
    answer = post(emulator, op="upload_slice_init", **fields)
    assert answer.json["code"] == 0
    assert answer.json["data"]["slice_size"] == SLICE
    session = answer.json["data"]["session"]
    assert isinstance(session, str)
    return session


def send(emulator: Emulator, session: str, offset: int, /, **changed: Any) -> Answer:
    content = SLICES[offset]
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    fields: dict[str, Any] = {"session": session, "offset": offset, "datamd5": md5}
    return post(emulator, content, op="upload_slice_data", **(fields | changed))


def finish(emulator: Emulator, session: str, /, **changed: Any) -> Answer:
    fields: dict[str, Any] = {"session": session, "filesize": len(CONTENT)} | changed
    return post(emulator, op="upload_slice_finish", **fields)


def stored(emulator: Emulator) -> bytes:
    body = emulator.cos_client().get_object(Bucket=BUCKET, Key=PATH[1:])["Body"]
    content = body.get_raw_stream().read()
    assert isinstance(content, bytes)
    return content


def test_file_is_put_together_from_slices_in_any_order(emulator: Emulator) -> None:
    session = begun(emulator)
    for offset in sorted(SLICES, reverse=True):
        data = send(emulator, session, offset).json["data"]
        assert data["datamd5"] == hashlib.md5(SLICES[offset], usedforsecurity=False).hexdigest()
    done = finish(emulator, session).json
    assert done["code"] == 0
    assert done["data"]["resource_path"] == prefixed(PATH)
    assert {"access_url", "source_url"} <= done["data"].keys()
    assert stored(emulator) == CONTENT


def test_broken_upload_goes_on_with_what_is_listed(tmp_path: Path) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        session = begun(emulator)
        send(emulator, session, 0)
    with running_emulator(settings_for(tmp_path)) as emulator:
        data = post(emulator, op="upload_slice_list").json["data"]
        sha1 = hashlib.sha1(SLICES[0], usedforsecurity=False).hexdigest()
        assert data["listparts"] == [{"offset": 0, "datalen": SLICE, "datasha": sha1}]
        assert (data["session"], data["filesize"], data["slice_size"]) == (
            session, len(CONTENT), SLICE,
        )  # fmt: skip
        for offset in list(SLICES)[1:]:
            send(emulator, session, offset)
        assert finish(emulator, session).json["code"] == 0
        assert stored(emulator) == CONTENT


def test_list_of_a_whole_file_has_its_addresses_and_of_none_is_refused(emulator: Emulator) -> None:
    assert post(emulator, op="upload_slice_list").json["code"] == NO_FILE
    emulator.cos_client().put_object(Bucket=BUCKET, Key=PATH[1:], Body=b"x")
    assert "access_url" in post(emulator, op="upload_slice_list").json["data"]


def test_unfinished_file_is_not_made(emulator: Emulator) -> None:
    session = begun(emulator)
    send(emulator, session, 0)
    assert finish(emulator, session).json["code"] == NOT_FINISHED
    for offset in SLICES:
        send(emulator, session, offset)
    assert finish(emulator, session, filesize=len(CONTENT) - 1).json["code"] == NOT_FINISHED
    assert emulator.cos_client().object_exists(BUCKET, PATH[1:]) is False
    assert finish(emulator, session).json["code"] == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"datamd5": "0" * 32}, WRONG_SHA),
        ({"offset": 1}, BAD_PARAMETER),
        ({"offset": len(CONTENT) + SLICE}, BAD_PARAMETER),
        ({"offset": 2 * SLICE}, BAD_PARAMETER),
        ({"offset": -1}, BAD_PARAMETER),
        ({"session": "other"}, BAD_PARAMETER),
    ],
)
def test_slice_that_does_not_fit_is_refused(
    emulator: Emulator, changed: dict[str, Any], code: int
) -> None:
    session = begun(emulator)
    assert send(emulator, session, 0, **changed).json["code"] == code
    assert post(emulator, op="upload_slice_list").json["data"]["listparts"] == []


def test_sha_that_was_announced_is_checked_at_the_end(emulator: Emulator) -> None:
    session = begun(emulator, sha="0" * 40)
    for offset in SLICES:
        send(emulator, session, offset)
    assert finish(emulator, session).json["code"] == WRONG_SHA
    assert emulator.cos_client().object_exists(BUCKET, PATH[1:]) is False


def test_content_that_is_there_needs_no_slices(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key=PATH[1:], Body=CONTENT)
    sha = hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest()
    fields: dict[str, Any] = {"filesize": len(CONTENT), "slice_size": SLICE, "sha": sha}
    assert "access_url" in post(emulator, op="upload_slice_init", **fields).json["data"]
    fields["sha"] = "0" * 40
    assert post(emulator, op="upload_slice_init", **fields).json["code"] == EXISTS


def test_another_upload_of_the_file_takes_the_place_of_the_first(emulator: Emulator) -> None:
    first = begun(emulator)
    assert begun(emulator) == first
    second = begun(emulator, filesize=len(CONTENT) + 1)
    assert second != first
    assert send(emulator, first, 0).json["code"] == BAD_PARAMETER


@pytest.mark.parametrize("size", [0, -1, "x", 6 << 30])
def test_size_has_bounds(emulator: Emulator, size: object) -> None:
    answer = post(emulator, op="upload_slice_init", filesize=size, slice_size=SLICE)
    assert answer.json["code"] == BAD_PARAMETER


def test_every_slice_needs_a_good_signature(emulator: Emulator) -> None:
    session = begun(emulator)
    fields: dict[str, Any] = {"op": "upload_slice_data", "session": session, "offset": 0}
    once = single_use(prefixed(PATH))
    assert post(emulator, SLICES[0], once, **fields).json["code"] == 0
    assert post(emulator, SLICES[0], once, **fields).json["code"] == WRONG_SIGNATURE
    old = reusable(seconds=5)
    emulator.set_clock(10)
    assert post(emulator, SLICES[0], old, **fields).json["code"] == EXPIRED


def test_delete_may_come_as_a_form_too(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key=PATH[1:], Body=b"x")
    answer = post(emulator, signature=single_use(prefixed(PATH)), op="delete")
    assert answer.json["code"] == 0
    assert emulator.cos_client().object_exists(BUCKET, PATH[1:]) is False
