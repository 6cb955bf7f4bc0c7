"""The log-in check and the room check over HTTP, under `/_emulator/`.

They answer as the cloud answers a client SDK: always HTTP 200 with a `code`, 0 for success.
"""

from typing import Any

from classgate.emulator.http import (
    MalformedRequest,
    Request,
    Response,
    json_response,
)
from classgate.emulator.im.accounts import Accounts
from classgate.emulator.im.backend import ImBackend
from classgate.emulator.im.errors import BAD_PARAMETER, LoginCheckError

_MAX_BODY_BYTES = 1 << 20


class ImRoutes:
    """Handlers of the checks."""

    def __init__(self, backend: ImBackend, accounts: Accounts) -> None:
        self._backend = backend
        self._accounts = accounts

    async def login(self, request: Request) -> Response:
        """Check a log-in: `sdk_app_id, identifier, user_sig` → `code`."""
        try:
            values = await _values(request)
            sdk_app_id, identifier, user_sig = _login(values)
            self._backend.log_in(sdk_app_id, identifier, user_sig)
        except LoginCheckError as error:
            return _refusal(error)
        self._accounts.set_online(identifier)
        return json_response({"code": 0})

    async def enter_room(self, request: Request) -> Response:
        """Check an entry: the same and `private_map_key, room_id` → `code, privilege_map`.

        A number as `room_id` names a numeric room, a string names a string room.
        """
        try:
            values = await _values(request)
            sdk_app_id, identifier, user_sig = _login(values)
            payload = self._backend.enter_room(
                sdk_app_id,
                identifier,
                user_sig,
                private_map_key=_text(values, "private_map_key"),
                room_id=_room(values),
            )
        except LoginCheckError as error:
            return _refusal(error)
        return json_response({"code": 0, "privilege_map": int(payload.privileges)})


async def _values(request: Request) -> dict[str, Any]:
    try:
        return await request.json_object(_MAX_BODY_BYTES)
    except MalformedRequest as error:
        raise LoginCheckError(BAD_PARAMETER, "the body is not a JSON object") from error


def _login(values: dict[str, Any]) -> tuple[int, str, str]:
    sdk_app_id = values.get("sdk_app_id")
    if not isinstance(sdk_app_id, int) or isinstance(sdk_app_id, bool):
        raise LoginCheckError(BAD_PARAMETER, "sdk_app_id is not a number")
    return sdk_app_id, _text(values, "identifier"), _text(values, "user_sig")


def _text(values: dict[str, Any], name: str) -> str:
    """Return a string member; a missing one is empty, which has its own code."""
    value = values.get(name, "")
    if not isinstance(value, str) or not _is_unicode(value):
        raise LoginCheckError(BAD_PARAMETER, f"{name} is not a string")
    return value


def _room(values: dict[str, Any]) -> int | str:
    value = values.get("room_id")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _text(values, "room_id")


def _is_unicode(text: str) -> bool:
    """Return whether the text has no lone surrogate, which JSON can escape."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _refusal(error: LoginCheckError) -> Response:
    return json_response({"code": error.code, "message": error.message})
