"""The log-in check over HTTP, under `/_emulator/`.

It answers as the cloud answers a client SDK: always HTTP 200 with a `code`, 0 for success.
"""

from typing import Any

from classgate.emulator.failed_check import with_failed_check
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
    """Handler of the check."""

    def __init__(self, backend: ImBackend, accounts: Accounts) -> None:
        self._backend = backend
        self._accounts = accounts

    async def login(self, request: Request) -> Response:
        """Check a log-in: `sdk_app_id, identifier, user_sig` → `code`."""
        try:
            values = await read_values(request)
            sdk_app_id, identifier, user_sig = read_login(values)
            self._backend.log_in(sdk_app_id, identifier, user_sig)
        except LoginCheckError as error:
            return refusal(error)
        self._accounts.set_online(identifier)
        return json_response({"code": 0})


async def read_values(request: Request) -> dict[str, Any]:
    """Return the body as a JSON object. Raises `LoginCheckError`."""
    try:
        return await request.json_object(_MAX_BODY_BYTES)
    except MalformedRequest as error:
        raise LoginCheckError(BAD_PARAMETER, "the body is not a JSON object") from error


def read_login(values: dict[str, Any]) -> tuple[int, str, str]:
    """Return `sdk_app_id, identifier, user_sig`. Raises `LoginCheckError`."""
    sdk_app_id = values.get("sdk_app_id")
    if not isinstance(sdk_app_id, int) or isinstance(sdk_app_id, bool):
        raise LoginCheckError(BAD_PARAMETER, "sdk_app_id is not a number")
    return sdk_app_id, read_text(values, "identifier"), read_text(values, "user_sig")


def read_text(values: dict[str, Any], name: str) -> str:
    """Return a string member; a missing one is empty, which has its own code."""
    value = values.get(name, "")
    if not isinstance(value, str) or not _is_unicode(value):
        raise LoginCheckError(BAD_PARAMETER, f"{name} is not a string")
    return value


def _is_unicode(text: str) -> bool:
    """Return whether the text has no lone surrogate, which JSON can escape."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def refusal(error: LoginCheckError) -> Response:
    """Return the refusal with its code, and with the header that names the failed check."""
    response = json_response({"code": error.code, "message": error.message})
    return with_failed_check(response, error.check)
