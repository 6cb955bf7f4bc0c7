"""A plain client of the REST API of IM, with the UserSig of the official library."""

import json
from typing import Any
from urllib.parse import urlencode

from tests.support.contract_cloud import SDK_APP_ID, SDK_SECRET_KEY
from tests.support.running_emulator import Emulator
from TLSSigAPIv2 import TLSSigAPIv2

OFFICIAL = TLSSigAPIv2(SDK_APP_ID, SDK_SECRET_KEY)
ADMIN = "administrator"


def query(**changed: object) -> dict[str, object]:
    values: dict[str, object] = {
        "sdkappid": SDK_APP_ID,
        "identifier": ADMIN,
        "usersig": OFFICIAL.gen_sig(ADMIN, 86_400 * 365),
        "random": 99_999_999,
        "contenttype": "json",
    }
    return {name: value for name, value in (values | changed).items() if value is not None}


def call(emulator: Emulator, command: str, **body: object) -> dict[str, Any]:
    """Call a command and return its answer, which is always HTTP 200."""
    path = f"/v4/{command}?{urlencode(query())}"
    answer = emulator.call("POST", path, json.dumps(body).encode())
    assert answer.status == 200
    found = answer.json
    assert isinstance(found, dict)
    assert found["ActionStatus"] == ("FAIL" if found["ErrorCode"] else "OK")
    return found


def accounts(emulator: Emulator, command: str, **body: object) -> dict[str, Any]:
    return call(emulator, f"im_open_login_svc/{command}", **body)


def groups(emulator: Emulator, command: str, **body: object) -> dict[str, Any]:
    return call(emulator, f"group_open_http_svc/{command}", **body)


def import_accounts(emulator: Emulator, *names: str) -> None:
    for name in names:
        assert accounts(emulator, "account_import", UserID=name)["ErrorCode"] == 0


def custom(data: str) -> list[dict[str, object]]:
    """The elements of a message."""
    return [{"MsgType": "TIMCustomElem", "MsgContent": {"Data": data}}]
