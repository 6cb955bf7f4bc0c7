"""Runs the checks of a command's auth mode, the command, and the translation of errors."""

import structlog

from classgate.errors import ClassgateError, InvalidRequest, ServiceUnavailable
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.calls import AnsweredRefusal, AuthMode, Call, Command
from classgate.legacy.error_codes import SERVER_ERROR, error_code_of
from classgate.legacy.fields import is_integer
from classgate.legacy.protocol import AnyAnswer
from classgate.metrics import LEGACY_REFUSALS, RequestClass
from classgate.refusal_log.models import RefusedRequest
from classgate.refusal_log.service import RefusalLog
from classgate.request_queues import RequestQueues
from classgate.signing.media_clock import media_clock
from classgate.validation import field_error

log = structlog.get_logger("classgate.legacy")

MAX_CLASSROOM_ID = 2**32 - 1


class Dispatcher:
    """Runs commands. Every refusal is counted, logged and recorded here."""

    def __init__(
        self, accounts: LegacyAccountService, refusals: RefusalLog, queues: RequestQueues
    ) -> None:
        self._accounts = accounts
        self._refusals = refusals
        self._queues = queues

    async def dispatch(self, command: Command, call: Call) -> AnyAnswer:
        """Return the answer of the command or of its error."""
        try:
            return await self._run(command, call)
        except ClassgateError as error:
            answer = command.refuse(error_code_of(type(error)), error.message)
            return self._refuse(command, call, answer, error)
        except AnsweredRefusal as refusal:
            return self._refuse(command, call, refusal.answer, refusal.error)
        except Exception as error:
            log.error("unexpected error", error=type(error).__name__, exc_info=error)
            answer = command.refuse(SERVER_ERROR, "internal error; see the log")
            return self._refuse(command, call, answer, ClassgateError())

    async def _run(self, command: Command, call: Call) -> AnyAnswer:
        """Run the command in its place, see `request_queues`."""
        kind = self._class_of(command, call)
        if kind is not None:
            await self._queues.take_place(kind)
        try:
            await _authenticate(self._accounts, command, call)
            answer = await command.run(call)
        finally:
            if kind is not None:
                self._queues.give_back(kind)
        if command.is_in_class:
            self._record_in_class(call)
        return answer

    def _class_of(self, command: Command, call: Call) -> RequestClass | None:
        """Return the class of the call; None: a heartbeat of one who is in the class."""
        if command.request_class is not RequestClass.RUNNING:
            return command.request_class
        if not self._queues.callers.is_known(_token_of(call), _classroom_of(call)):
            return RequestClass.ENTRY
        return None if command.is_heartbeat else RequestClass.RUNNING

    def _record_in_class(self, call: Call) -> None:
        classroom_id = _classroom_of(call)
        if classroom_id is not None:
            self._queues.callers.record(_token_of(call), classroom_id)

    def _refuse(
        self, command: Command, call: Call, answer: AnyAnswer, error: ClassgateError
    ) -> AnyAnswer:
        LEGACY_REFUSALS.count(error.reason)
        if command.is_in_class and not isinstance(error, ServiceUnavailable):
            self._queues.callers.forget(_token_of(call))
        caller = call.authenticated
        self._refusals.record(
            error,
            RefusedRequest(
                rule=command.asked,
                route=call.route,
                address=call.read_address(),
                caller_id=None if caller is None else caller.account_id,
                classroom_id=_classroom_of(call),
            ),
        )
        fields = [each.field for each in error.fields] if isinstance(error, InvalidRequest) else []
        # Not the message, which may contain a name.
        log.info(
            "legacy request refused", code=answer.code, reason=error.reason.value, fields=fields
        )
        return answer


def _token_of(call: Call) -> str:
    token = call.fields.values.get("token")
    return token if isinstance(token, str) else ""


def _classroom_of(call: Call) -> int | None:
    """Return the class that the fields name, if it is a number that a class can have."""
    if not call.fields.has("roomnum"):
        return None
    try:
        number = call.fields.room()
    except InvalidRequest:
        return None
    return number if 0 < number <= MAX_CLASSROOM_ID else None


async def _authenticate(accounts: LegacyAccountService, command: Command, call: Call) -> None:
    """Run the checks of the auth mode, which complete the call.

    InvalidRequest, NotAuthenticated.
    """
    if command.auth_mode is AuthMode.CUSTOM:
        return
    _require_app_id(call)
    call.timestamp = _read_timestamp(call)
    if command.auth_mode is AuthMode.ANONYMOUS:
        return
    token = call.fields.non_empty_text("token")
    if token.startswith("0"):  # the 2017 backend treated it as missing
        raise field_error("token", "is missing")
    if command.auth_mode is AuthMode.CACHED_TOKEN:
        call.authenticated = await accounts.authenticate_cached(token)
    else:
        call.authenticated = await accounts.authenticate(token)


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
