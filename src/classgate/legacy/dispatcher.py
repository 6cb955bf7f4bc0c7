"""Before a command, the checks of its family in their order; after it, what errors become."""

from dataclasses import replace

import structlog

from classgate.errors import ClassgateError, InvalidRequest
from classgate.legacy.calls import AuthMode, Call, Command
from classgate.legacy.error_codes import SERVER_ERROR, SUCCESS, error_code_of
from classgate.legacy.fields import is_integer
from classgate.legacy.protocol import AnyAnswer
from classgate.outbox.service import media_clock
from classgate.validation import field_error

log = structlog.get_logger("classgate.legacy")


async def dispatch(command: Command, call: Call) -> AnyAnswer:
    """The command's answer, or what its refusal is answered."""
    try:
        answer = await command.run(await _authenticate(command, call))
    except ClassgateError as error:
        code = error_code_of(type(error))
        fields = [each.field for each in error.fields] if isinstance(error, InvalidRequest) else []
        # Not the message, which may have somebody's name in it.
        log.info("old client refused", code=code, reason=error.reason.value, fields=fields)
        return command.refuse(code, error.message)
    except Exception as error:
        log.error("unexpected error", error=type(error).__name__, exc_info=error)
        return command.refuse(SERVER_ERROR, "something went wrong here; the log has it")
    if answer.code != SUCCESS:
        log.info("old client refused", code=answer.code)
    return answer


async def _authenticate(command: Command, call: Call) -> Call:
    """The call past the checks of its family. InvalidRequest, NotAuthenticated."""
    if command.auth_mode is AuthMode.CUSTOM:
        return call
    _require_app_id(call)
    call = replace(call, timestamp=_read_timestamp(call))
    if command.auth_mode is AuthMode.ANONYMOUS:
        return call
    token = call.fields.filled_text("token")
    if token.startswith("0"):  # the old backend took it for missing, and gave none
        raise field_error("token", "is missing")
    access = call.application.legacy_accounts
    by_memory = command.auth_mode is AuthMode.CACHED_TOKEN
    caller = await (access.authenticate_cached(token) if by_memory else access.authenticate(token))
    return replace(call, authenticated=caller)


def _require_app_id(call: Call) -> None:
    """The SDKAppID, not the APPID. Leniently read it may be missing, or a text."""
    value = call.fields.values.get("appid")
    if call.settings.lenient:
        if call.fields.is_missing("appid"):
            return
        if isinstance(value, str) and value == str(call.settings.sdk_app_id):
            return
    if not is_integer(value) or value != call.settings.sdk_app_id:
        raise field_error("appid", "is missing, no integer, or not that of this school")


def _read_timestamp(call: Call) -> int:
    """The client's media clock; 0 counts as missing. Leniently read, ours stands in for it."""
    if call.fields.is_missing("timeStamp"):
        if call.settings.lenient:
            return media_clock(call.now)
        raise field_error("timeStamp", "is missing")
    return call.fields.integer("timeStamp")
