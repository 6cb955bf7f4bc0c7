"""The official cloud SDK as the client of TRTC, and a client that a test plays in a room."""

from typing import Any

from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tests.support.contract_cloud import SDK_APP_ID, SDK_SECRET_KEY, SECRET_ID, SECRET_KEY
from tests.support.private_map_keys import make_private_map_key
from tests.support.running_emulator import Emulator
from TLSSigAPIv2 import TLSSigAPIv2

VERSION = "2019-07-22"
OFFICIAL = TLSSigAPIv2(SDK_APP_ID, SDK_SECRET_KEY)


def call(
    emulator: Emulator,
    action: str,
    given: dict[str, object],
    *,
    region: str = "ap-guangzhou",
    version: str = VERSION,
    secret_key: str = SECRET_KEY,
) -> str:
    """Call an action with the official SDK. Return the code of its refusal, or an empty text."""
    profile = ClientProfile(
        httpProfile=HttpProfile(protocol="http", endpoint=emulator.address, keepAlive=False)
    )
    credential = Credential(SECRET_ID, secret_key)
    client = CommonClient("trtc", version, credential, region, profile)
    try:
        answer = client.call_json(action, {"SdkAppId": SDK_APP_ID, **given})
    except TencentCloudSDKException as error:
        return str(error.code)
    assert answer["Response"].keys() == {"RequestId"}
    return ""


def enter(
    emulator: Emulator, name: str, room: int | str = 7, *, privileges: int = 255, **more: object
) -> int:
    """Enter with a PrivateMapKey made here, and return the code."""
    values: dict[str, object] = {
        "sdk_app_id": SDK_APP_ID, "identifier": name, "user_sig": OFFICIAL.gen_sig(name, 86_400),
        "private_map_key": make_private_map_key(room, privileges, name=name, outer=name),
        "room_id": room,
    }  # fmt: skip
    return code(emulator.control("/_emulator/enter-room", **(values | more)).json)


def switch_role(
    emulator: Emulator, name: str, role: int, room: int | str = 7, **more: object
) -> int:
    values = {"identifier": name, "room_id": room, "role": role, **more}
    return code(emulator.control("/_emulator/switch-role", **values).json)


def leave(emulator: Emulator, name: str, room: int | str = 7, **more: object) -> int:
    values = {"identifier": name, "room_id": room, **more}
    return code(emulator.control("/_emulator/leave-room", **values).json)


def code(answer: Any) -> int:
    found = answer["code"]
    assert isinstance(found, int)
    return found


def users(emulator: Emulator) -> dict[int | str, list[str]]:
    """Return who is in which room."""
    items = emulator.call("GET", "/_emulator/rooms").json["items"]
    return {room["room_id"]: [each["identifier"] for each in room["users"]] for room in items}


def user(emulator: Emulator, name: str) -> dict[str, object]:
    """Return what the emulator shows of somebody inside."""
    items = emulator.call("GET", "/_emulator/rooms").json["items"]
    (found,) = [each for room in items for each in room["users"] if each["identifier"] == name]
    assert isinstance(found, dict)
    return found


def events(emulator: Emulator) -> list[tuple[int, dict[str, Any]]]:
    """Return the events of the rooms in order, without their times."""
    items = emulator.call("GET", "/_emulator/events").json["items"]
    times = ("EventTs", "EventMsTs")
    return [
        (each["event_type"], {n: v for n, v in each["event_info"].items() if n not in times})
        for each in items
    ]
