"""The REST API of IM over HTTP: `POST /v4/<service>/<command>?sdkappid=…&identifier=…&usersig=…`.

Sources: documents 679/131707 (the call) and 679/131708 (the codes).
"""

import re
from collections.abc import Callable
from typing import Any, Final

from classgate.emulator.call_budget import CallBudget
from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock
from classgate.emulator.failed_check import FailedCheck, with_failed_check
from classgate.emulator.faults import GARBLED, LOST, FaultInjector
from classgate.emulator.http import (
    BodyTooLarge,
    MalformedRequest,
    Request,
    Response,
    dated,
    json_response,
    parse_json_object,
)
from classgate.emulator.im import errors as codes
from classgate.emulator.im.account_commands import AccountCommands
from classgate.emulator.im.backend import ImBackend
from classgate.emulator.im.errors import FAULTS, ImError, LoginCheckError
from classgate.emulator.im.group_commands import GroupCommands
from classgate.emulator.im.parameters import Parameters
from classgate.input_bounds import JsonBounds
from classgate.signing.strict_json import require_no_lone_surrogates

__all__ = ["ImRestRoutes", "is_call"]

_PATH: Final = re.compile(rb"/v4/([a-z_]+/[a-z_]+)")
_BOUNDS: Final = JsonBounds(size=1 << 20, values=100_000, levels=20)
_CALLS_PER_SECOND: Final = 200

Command = Callable[[Parameters], dict[str, Any]]


def is_call(request: Request) -> bool:
    """Return whether a request is a call of the REST API."""
    return request.method == "POST" and _PATH.fullmatch(request.raw_path) is not None


class ImRestRoutes:
    """Handler of the calls of the app's admin."""

    def __init__(
        self,
        backend: ImBackend,
        admin: str,
        accounts: AccountCommands,
        groups: GroupCommands,
        *,
        clock: Clock,
        faults: FaultInjector,
        budget: CallBudget,
        calls: CallLog,
    ) -> None:
        self._backend = backend
        self._admin = admin
        self._clock = clock
        self._faults = faults
        self._budget = budget
        self._calls = calls
        self._commands: dict[str, Command] = {
            f"im_open_login_svc/{each.__name__}": each
            for each in (
                accounts.account_import,
                accounts.multiaccount_import,
                accounts.kick,
                accounts.account_delete,
            )
        }
        self._commands |= {
            f"group_open_http_svc/{each.__name__}": each
            for each in (
                groups.create_group,
                groups.destroy_group,
                groups.add_group_member,
                groups.delete_group_member,
                groups.send_group_msg,
                groups.forbid_send_msg,
                groups.get_group_muted_account,
                groups.ban_group_member,
                groups.unban_group_member,
                groups.get_group_info,
                groups.get_group_member_info,
                groups.group_msg_get_simple,
            )
        }
        self._commands["openim/query_online_status"] = accounts.query_online_status

    async def handle(self, request: Request) -> Response:
        """Return the response, errors included: HTTP 200 with ActionStatus and ErrorCode.

        Differs: commands beside those of the reference are answered with 60002. Only an injected
        `unavailable` or `lost` is 502.
        """
        found = _PATH.fullmatch(request.raw_path)
        name = found[1].decode() if found else ""
        action = name.partition("/")[2]
        fault = await self._faults.take("im", action)
        given: dict[str, Any] = {}
        check: FailedCheck | None = None
        try:
            given = await _body(request)
            answer, code = self._answer(request, name, given, fault), 0
        except ImError as error:
            answer, code, check = {"ErrorInfo": error.message}, error.code, error.check
        self._calls.record("im", action, given, 502 if fault == "unavailable" else code)
        if fault in ("unavailable", LOST):
            return dated(Response(502), self._clock.now())
        if fault == GARBLED:
            return dated(Response(body=b"<html>"), self._clock.now())
        status = "FAIL" if code else "OK"
        reply = {"ActionStatus": status, "ErrorCode": code, "ErrorInfo": "", **answer}
        return dated(with_failed_check(json_response(reply), check), self._clock.now())

    def _answer(
        self, request: Request, name: str, given: dict[str, Any], fault: str | None
    ) -> dict[str, Any]:
        """Return the answer of a command. Raises `ImError`.

        Unknown: in which order the cloud checks a call; here it is the URL, the UserSig, the admin.
        """
        if fault == "unavailable":
            return {}
        if fault in FAULTS:
            raise ImError(*FAULTS[fault])
        if fault is not None and fault.isdigit():
            raise ImError(int(fault), "this refusal was injected")
        self._require_admin(_query(request))
        command = self._commands.get(name)
        if command is None:
            raise ImError(codes.WRONG_URL, "the emulator does not implement this command")
        if not self._budget.allows(("im", name), _CALLS_PER_SECOND):
            raise ImError(codes.TOO_OFTEN, "more than 200 calls a second")
        wrong = codes.WRONG_PARAMETER if name.startswith("group") else codes.BAD_PARAMETER
        return command(Parameters(given, wrong))

    def _require_admin(self, query: dict[str, str]) -> None:
        """Require the UserSig of the admin. Raises `ImError`.

        Unknown: which code answers a missing or malformed parameter of the URL; here it is 60012
        for sdkappid, 60004 for identifier, 60005 for usersig, 60002 for random and contenttype.
        """
        sdk_app_id, random = query.get("sdkappid", ""), query.get("random", "")
        if not sdk_app_id:
            raise ImError(codes.MISSING_SDK_APP_ID, "sdkappid is missing", FailedCheck.SDK_APP_ID)
        if not query.get("identifier"):
            raise ImError(codes.WRONG_IDENTIFIER, "identifier is missing", FailedCheck.IDENTIFIER)
        if not query.get("usersig"):
            raise ImError(codes.WRONG_USER_SIG, "usersig is missing", FailedCheck.ANONYMOUS)
        if not _is_uint32(random) or query.get("contenttype") != "json":
            raise ImError(codes.WRONG_URL, "random must be a number and contenttype json")
        if not _is_uint32(sdk_app_id):
            raise ImError(
                codes.UNKNOWN_SDK_APP_ID, "sdkappid is not a number", FailedCheck.SDK_APP_ID
            )
        try:
            self._backend.log_in(int(sdk_app_id), query["identifier"], query["usersig"])
        except LoginCheckError as error:
            code = codes.UNKNOWN_SDK_APP_ID if error.code == codes.UNKNOWN_APP else error.code
            raise ImError(code, error.message, error.check) from error
        if query["identifier"] != self._admin:
            raise ImError(
                codes.NEEDS_ADMIN, "the REST API needs the app's admin", FailedCheck.ADMIN
            )


async def _body(request: Request) -> dict[str, Any]:
    """Return the body, at least `{}`. Raises `ImError`.

    Unknown: how the cloud answers a body nested deeper than 20 levels, or text that is not Unicode;
    here it is 60003.
    """
    try:
        text = await request.body(_BOUNDS.size)
        if not text.strip():
            raise ImError(codes.WRONG_JSON, "the body is empty; it must be at least {}")
        if not _BOUNDS.allows(text):
            raise ImError(codes.WRONG_JSON, "the body has too many values or levels")
        given = parse_json_object(text)
        require_no_lone_surrogates(text, given)
    except (BodyTooLarge, MalformedRequest, ValueError) as error:
        raise ImError(codes.WRONG_JSON, "the body is not a JSON object") from error
    return given


def _query(request: Request) -> dict[str, str]:
    try:
        return dict(request.parameters)
    except MalformedRequest as error:
        raise ImError(codes.WRONG_URL, "the query cannot be read") from error


def _is_uint32(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= 0xFFFFFFFF
