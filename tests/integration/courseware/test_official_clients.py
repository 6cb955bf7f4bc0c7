"""What classgate gives, in the hands of the official clients: whole uploads, long ones, forms."""

import asyncio
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qcloud_cos import CosConfig, CosS3Client
from qcloud_cos.cos_exception import CosClientError, CosServiceError
from tests.support import post_forms as forms
from tests.support.harness import World
from tests.support.node_clients import NodeClients, install, step
from tests.support.running_emulator import Emulator, fetch
from tests.support.school import LIVE, School
from tests.support.school_settings import BUCKET, SECRET_ID, SECRET_KEY

PART = 1 << 20
UPLOADS = f"/v1/classrooms/{LIVE}/uploads"


async def ask(world: World, path: str, token: str, body: object = None) -> dict[str, Any]:
    answer = await world.call("POST", path, token, body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def announce(world: World, token: str, size: int) -> dict[str, Any]:
    body = {"file_name": "第一课 (1).pdf", "size": size, "content_type": "application/pdf"}
    return await ask(world, UPLOADS, token, body)


def client_with(emulator: Emulator, grant: dict[str, Any]) -> CosS3Client:
    """The Python SDK. Its CredentialInstance sends no token, so new keys mean a new client."""
    keys = grant["credentials"]
    return _client(emulator, keys["tmpSecretId"], keys["tmpSecretKey"], keys["sessionToken"])


def _client(
    emulator: Emulator, secret_id: str, secret_key: str, token: str | None = None
) -> CosS3Client:
    config = CosConfig(
        Region="ap-guangzhou", SecretId=secret_id, SecretKey=secret_key, Token=token,
        Scheme="http", IP="127.0.0.1", Port=emulator.port,
    )  # fmt: skip
    return CosS3Client(config, retry=0)


def owner(emulator: Emulator) -> CosS3Client:
    return _client(emulator, SECRET_ID, SECRET_KEY)


def stored(emulator: Emulator, key: str) -> bytes:
    read = owner(emulator).get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read()
    assert isinstance(read, bytes)
    return read


async def test_long_upload_outlives_its_first_keys(
    world: World, school: School, emulator: Emulator
) -> None:
    """The keys expire between two parts; the client is given new ones, and its parts stay."""
    tom, content = school.tokens["tom"], os.urandom(4 * PART + 7)
    grant = await announce(world, tom, len(content))
    where = {"Bucket": grant["bucket"], "Key": grant["object_key"]}
    client = client_with(emulator, grant)
    begun = await asyncio.to_thread(client.create_multipart_upload, **where)
    upload_id, etags = begun["UploadId"], []
    for number, start in enumerate(range(0, len(content), PART), 1):
        part = {"Body": content[start : start + PART], "PartNumber": number, "UploadId": upload_id}
        if number == 3:
            world.clock.advance(seconds=1801)
            with pytest.raises(CosServiceError) as refused:
                await asyncio.to_thread(client.upload_part, **where, **part)
            assert refused.value.get_error_code() == "ExpiredToken"
            renewal = f"/v1/uploads/{grant['upload_id']}/credentials"
            client = client_with(emulator, await ask(world, renewal, tom))
        sent = await asyncio.to_thread(client.upload_part, **where, **part)
        etags.append({"PartNumber": number, "ETag": sent["ETag"]})
    await asyncio.to_thread(
        client.complete_multipart_upload, **where, UploadId=upload_id,
        MultipartUpload={"Part": etags},
    )  # fmt: skip
    record = await ask(world, f"/v1/uploads/{grant['upload_id']}/complete", tom)
    assert (record["size"], stored(emulator, grant["object_key"])) == (len(content), content)


async def test_upload_file_goes_on_with_the_parts_that_are_there(
    world: World, school: School, emulator: Emulator, tmp_path: Path
) -> None:
    """The SDK's own long upload fails when the keys end, and goes on with those of a renewal."""
    tom, content = school.tokens["tom"], os.urandom(6 * PART)
    file = tmp_path / "lesson.pdf"
    file.write_bytes(content)
    grant = await announce(world, tom, len(content))
    where = {"Bucket": grant["bucket"], "Key": grant["object_key"], "LocalFilePath": str(file)}

    def upload(given: dict[str, Any], progress: Callable[[int, int], None]) -> Any:
        client = client_with(emulator, given)
        return client.upload_file(**where, PartSize=1, MAXThread=1, progress_callback=progress)

    def end_the_keys(sent: int, _total: int) -> None:
        if sent == 3 * PART:
            world.clock.advance(seconds=1801)

    with pytest.raises((CosClientError, CosServiceError)):
        await asyncio.to_thread(upload, grant, end_the_keys)
    (begun,) = owner(emulator).list_multipart_uploads(Bucket=BUCKET)["Upload"]
    before = owner(emulator).list_parts(
        Bucket=BUCKET, Key=grant["object_key"], UploadId=begun["UploadId"]
    )
    assert len(before["Part"]) == 3
    renewed = await ask(world, f"/v1/uploads/{grant['upload_id']}/credentials", tom)
    await asyncio.to_thread(upload, renewed, lambda _sent, _total: None)
    assert stored(emulator, grant["object_key"]) == content
    # It was the same upload: no second one was begun.
    assert "Upload" not in owner(emulator).list_multipart_uploads(Bucket=BUCKET)


async def test_browser_form_uploads_the_one_object(
    world: World, school: School, emulator: Emulator
) -> None:
    """A POST form signed with the keys, from the public document."""
    grant = await announce(world, school.tokens["tom"], len(forms.CONTENT))
    keys = grant["credentials"]

    def send(key: str) -> int:
        fields = forms.signed(
            {"key": key}, key=key, secret_id=keys["tmpSecretId"], secret_key=keys["tmpSecretKey"]
        )
        body = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (fields | {"x-cos-security-token": keys["sessionToken"]}).items()
        )
        file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        whole = body + file + forms.CONTENT + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        return fetch("POST", f"http://{emulator.address}/", whole, headers).status

    assert send(f"{grant['object_key']}x") == 403
    assert send(grant["object_key"]) == 204
    assert stored(emulator, grant["object_key"]) == forms.CONTENT
    record = await ask(world, f"/v1/uploads/{grant['upload_id']}/complete", school.tokens["tom"])
    assert record["size"] == len(forms.CONTENT)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> NodeClients:
    return install(tmp_path_factory.mktemp("node"))


async def test_node_client_uploads_whole_and_in_parts(
    node: NodeClients, world: World, school: School, emulator: Emulator, tmp_path: Path
) -> None:
    tom, content = school.tokens["tom"], os.urandom(2 * PART + 5)
    file = tmp_path / "lesson.pdf"
    file.write_bytes(content)
    world.clock.advance(seconds=30)  # it stands still, and this SDK signs from a second ago
    for call, body in (("putObject", b"slide"), ("sliceUploadFile", content)):
        grant = await announce(world, tom, len(body))
        key, keys = grant["object_key"], grant["credentials"]
        asked = (
            step(call, key, body)
            if call == "putObject"
            else step(call, key, FilePath=str(file), ChunkSize=PART)
        )
        outcomes = await asyncio.to_thread(
            node.play,
            emulator.address,
            asked,
            step("putObject", f"{key}x", b"slide"),
            step("getObject", key),
            secret_id=keys["tmpSecretId"],
            secret_key=keys["tmpSecretKey"],
            token=keys["sessionToken"],
        )
        assert "error" not in outcomes[0], outcomes[0]
        assert [each["error"]["code"] for each in outcomes[1:]] == ["AccessDenied"] * 2
        assert (await ask(world, f"/v1/uploads/{grant['upload_id']}/complete", tom))["size"]
        assert stored(emulator, key) == body


async def test_folder_keys_serve_both_clients(
    node: NodeClients, world: World, school: School, emulator: Emulator
) -> None:
    """The seed's call before class: keys for a folder, no file named yet."""
    path = f"/v1/classrooms/{LIVE}/upload-credentials"
    grant = await ask(world, path, school.tokens["tom"])
    keys, prefix = grant["credentials"], grant["prefix"]
    client = client_with(emulator, grant)
    client.put_object(Bucket=BUCKET, Key=f"{prefix}课件 一.pdf", Body=b"python")
    with pytest.raises(CosServiceError):
        client.put_object(Bucket=BUCKET, Key=f"{prefix.removesuffix('/')}x/a", Body=b"x")
    world.clock.advance(seconds=30)
    outcomes = await asyncio.to_thread(
        node.play, emulator.address,
        step("putObject", f"{prefix}a b+c.pdf", b"node"), step("putObject", "classes/x", b"x"),
        secret_id=keys["tmpSecretId"], secret_key=keys["tmpSecretKey"], token=keys["sessionToken"],
    )  # fmt: skip
    assert "error" not in outcomes[0], outcomes[0]
    assert outcomes[1]["error"]["code"] == "AccessDenied"
    assert stored(emulator, f"{prefix}课件 一.pdf") == b"python"
    assert stored(emulator, f"{prefix}a b+c.pdf") == b"node"


def old_sdk(emulator: Emulator, signed: dict[str, Any], **fields: object) -> Any:
    """One call as cos-php-sdk-v4 sends it: a form, the signature bare in the header."""
    content = fields.pop("filecontent", None)
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    if isinstance(content, bytes):
        head = b'--b\r\nContent-Disposition: form-data; name="filecontent"; filename="a"\r\n\r\n'
        body += head + content + b"\r\n"
    address = f"http://{emulator.address}/files/{signed['upload_url'].partition('/files/')[2]}"
    sent = {
        "Authorization": signed["sign"],
        "Content-Type": "multipart/form-data; boundary=b",
    }
    return json.loads(fetch("POST", address, body + b"--b--\r\n", sent).body)


async def test_old_clients_upload_in_slices_with_a_reusable_signature(
    world: World, school: School, emulator: Emulator
) -> None:
    path = f"/classes/{LIVE}/direct/slices.mp4"
    signed = await ask(
        world, "/v1/cos/signature", school.tokens["tom"], {"type": 1, "file_path": path}
    )
    content = os.urandom(PART + 9)
    sha = hashlib.sha1(content, usedforsecurity=False).hexdigest()

    whole = {"filesize": len(content), "sha": sha}

    def send() -> list[int]:
        begun = old_sdk(emulator, signed, op="upload_slice_init", slice_size=PART, **whole)
        session = begun["data"]["session"]
        pieces = [
            old_sdk(
                emulator, signed, op="upload_slice_data", session=session, offset=offset,
                filecontent=content[offset : offset + PART],
            )
            for offset in (0, PART)
        ]  # fmt: skip
        done = old_sdk(emulator, signed, op="upload_slice_finish", session=session, **whole)
        return [each["code"] for each in (begun, *pieces, done)]

    assert await asyncio.to_thread(send) == [0, 0, 0, 0]
    assert stored(emulator, path.removeprefix("/")) == content


async def test_single_use_signature_is_good_once_and_for_one_name(
    world: World, school: School, emulator: Emulator
) -> None:
    path = f"/classes/{LIVE}/direct/once.pdf"
    signed = await ask(
        world, "/v1/cos/signature", school.tokens["tom"], {"type": 0, "file_path": path}
    )
    assert signed["expires_at"] is None
    elsewhere = signed | {"upload_url": signed["upload_url"].replace("once", "other")}

    def send() -> list[int]:
        upload = {"op": "upload", "insertOnly": 0, "filecontent": b"slide"}
        return [old_sdk(emulator, by, **upload)["code"] for by in (elsewhere, signed, signed)]

    assert await asyncio.to_thread(send) == [-63, 0, -97]
    assert stored(emulator, path.removeprefix("/")) == b"slide"
