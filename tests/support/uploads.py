"""Uploads through the API, with the official COS client."""

from typing import Any

from qcloud_cos import CosConfig, CosS3Client, CosServiceError
from tests.support.harness import World
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PDF

UPLOADS = f"/v1/classrooms/{LIVE}/uploads"


CONTENT = b"slide"  # as long as the school's file says


async def open_upload(world: World, token: str, **changed: object) -> dict[str, Any]:
    answer = await world.call("POST", UPLOADS, token, {**PDF, **changed})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cos_client(emulator: Emulator, grant: dict[str, Any]) -> CosS3Client:
    """The official client with what classgate answered."""
    keys = grant["credentials"]
    config = CosConfig(
        Region=grant["region"],
        SecretId=keys["tmpSecretId"],
        SecretKey=keys["tmpSecretKey"],
        Token=keys["sessionToken"],
        Scheme="http",
        IP="127.0.0.1",
        Port=emulator.port,
    )
    return CosS3Client(config, retry=0)


def put(emulator: Emulator, grant: dict[str, Any], key: str, content: bytes = CONTENT) -> int:
    """The status that the store answers."""
    client = cos_client(emulator, grant)
    try:
        client.put_object(Bucket=grant["bucket"], Key=key, Body=content)
    except CosServiceError as error:
        status = error.get_status_code()
        assert isinstance(status, int)
        return status
    return 200


async def complete(world: World, token: str, upload_id: str) -> Any:
    return await world.call("POST", f"/v1/uploads/{upload_id}/complete", token)


async def upload_whole(world: World, emulator: Emulator, token: str, name: str) -> dict[str, Any]:
    """A file that has arrived."""
    grant = await open_upload(world, token, file_name=name)
    assert put(emulator, grant, grant["object_key"]) == 200
    found: dict[str, Any] = (await complete(world, token, grant["upload_id"])).json()
    return found
