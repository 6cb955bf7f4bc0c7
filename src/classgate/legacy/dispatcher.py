"""Runs the checks of a command's auth mode, the command, and the translation of errors."""

from dataclasses import replace

import structlog

from classgate.errors import ClassgateError, InvalidRequest
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.calls import AuthMode, Call, Command
from classgate.legacy.error_codes import SERVER_ERROR, SUCCESS, error_code_of
from classgate.legacy.fields import is_integer
from classgate.legacy.protocol import AnyAnswer
from classgate.metrics import LEGACY_REFUSALS
from classgate.reasons import Reason
from classgate.signing.media_clock import media_clock
from classgate.validation import field_error

log = structlog.get_logger("classgate.legacy")


async def dispatch(accounts: LegacyAccountService, command: Command, call: Call) -> AnyAnswer:
    """Return the answer of the command or of its error."""
    try:
        answer = await command.run(await _authenticate(accounts, command, call))
    except ClassgateError as error:
        code = error_code_of(type(error))
        LEGACY_REFUSALS.count(error.reason)
        fields = [each.field for each in error.fields] if isinstance(error, InvalidRequest) else []
        # Not the message, which may contain a name.
        log.info("legacy request refused", code=code, reason=error.reason.value, fields=fields)
        return command.refuse(code, error.message)
    except Exception as error:
        log.error("unexpected error", error=type(error).__name__, exc_info=error)
        LEGACY_REFUSALS.count(Reason.INTERNAL_ERROR)
        return command.refuse(SERVER_ERROR, "internal error; see the log")
    if answer.code != SUCCESS:
        log.info("legacy request refused", code=answer.code)
    return answer


async def _authenticate(accounts: LegacyAccountService, command: Command, call: Call) -> Call:
    """Run the checks of the auth mode and return the call. InvalidRequest, NotAuthenticated."""
    if command.auth_mode is AuthMode.CUSTOM:
        return call
    _require_app_id(call)
    call = replace(call, timestamp=_read_timestamp(call))
    if command.auth_mode is AuthMode.ANONYMOUS:
        return call
    token = call.fields.non_empty_text("token")
    if token.startswith("0"):  # the 2017 backend treated it as missing
        raise field_error("token", "is missing")
    if command.auth_mode is AuthMode.CACHED_TOKEN:
        caller = await accounts.authenticate_cached(token)
    else:
        caller = await accounts.authenticate(token)
    return replace(call, authenticated=caller)


def _require_app_id(call: Call) -> None:
    """Check the SDKAppID (not the APPID). In lenient mode it may be missing, or a string."""
    value = call.fields.values.get("appid")
    if call.settings.lenient:
        if call.fields.is_missing("appid"):
            return
        if isinstance(value, str) and value == str(call.settings.sdk_app_id):
            return
    if not is_integer(value) or value != call.settings.sdk_app_id:
        raise field_error("appid", "is missing, no integer, or not that of this school")


def _read_timestamp(call: Call) -> int:
    """Return the client's media clock; 0 counts as missing. In lenient mode ours replaces it."""
    if call.fields.is_missing("timeStamp"):
        if call.settings.lenient:
            return media_clock(call.now)
        raise field_error("timeStamp", "is missing")
    return call.fields.integer("timeStamp")
