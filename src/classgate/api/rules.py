"""Who may call a route. Every route declares one rule; a route without one is refused.

A rule is asked before the body is read. It is the first look only: the service decides again, in
the transaction that changes or issues.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from classgate.accounts.administration import require_admin
from classgate.accounts.models import Caller, SessionChannel
from classgate.api.authentication import Connection, authenticate, services_of
from classgate.api.console_cookie import require_console
from classgate.api.schema import MAX_CLASSROOM_ID
from classgate.classrooms.permissions import DESCRIPTIONS, Permission
from classgate.console_refusals import NotFromConsole
from classgate.errors import ClassroomNotFound, RouteNotFound
from classgate.metrics import RequestClass

Check = Callable[[Connection, Caller], Awaitable[None]]

_CLASSROOM_ID = re.compile(r"[1-9][0-9]{0,9}")
_OPTION = "rule"
NOTED_CLASSROOM = "noted_classroom_id"
"""The key in a request's state of the class that only its lease or upload names."""


class RouteRule:
    """A rule with words for the documentation.

    `asked`: what a refused caller asked for. `request_class`: when calls that change something are
    served under overload; others are lists. `before_second_factor`: an admin may make this call in
    the console without the second factor that the settings require, to set it up.
    """

    def __init__(
        self,
        words: str,
        check: Check | None,
        *,
        asked: str | None = None,
        request_class: RequestClass = RequestClass.CHANGE,
        before_second_factor: bool = False,
    ) -> None:
        self.words = words
        self.asked = words if asked is None else asked  # what a refused caller asked for
        self.is_public = check is None  # asks for no access token
        self.request_class = request_class
        self._check = check
        self._before_second_factor = before_second_factor

    async def __call__(self, connection: Connection) -> None:
        if self._check is not None:
            caller = await authenticate(connection)
            if not self._before_second_factor and caller.session.channel is SessionChannel.CONSOLE:
                await _require_second_factor(connection, caller)
            if "\0" in connection.scope["path"]:
                raise RouteNotFound  # no name or id has it, and PostgreSQL would not even look
            await self._check(connection, caller)

    def __deepcopy__(self, _memo: object) -> "RouteRule":
        """Return the same rule: the framework copies the options of a route."""
        return self

    def __repr__(self) -> str:
        return f"Rule({self.words!r})"


async def _require_second_factor(connection: Connection, caller: Caller) -> None:
    """Require what the settings require of an admin in the console. SecondFactorMissing."""
    await services_of(connection).second_factors.require_set_up(caller)


class UnlessRegistrationIsClosed(RouteRule):
    """Anyone, unless the school makes the accounts."""

    async def __call__(self, connection: Connection) -> None:
        services_of(connection).registration.require_possible()


class FromConsole(RouteRule):
    """Anyone, from the console's own page."""

    async def __call__(self, connection: Connection) -> None:
        if not services_of(connection).console_access.enabled:
            raise RouteNotFound
        require_console(connection)


class DecidedByService(RouteRule):
    """For calls that come often and have no body: the service decides by what it reads anyway.

    Who calls is looked up in the cache of recent requests. Whatever issues a credential reads the
    session and the access again, in its transaction.
    """

    async def __call__(self, connection: Connection) -> None:
        caller = await authenticate(connection, cached=True)
        if caller.session.channel is SessionChannel.CONSOLE:
            await _require_second_factor(connection, caller)
        if "classroom_id" in connection.path_params:
            classroom_id_of(connection)


class Unreachable(RouteRule):
    """For routes that a library brings and nobody shall reach."""

    async def __call__(self, _connection: Connection) -> None:
        raise RouteNotFound


def only(rule: RouteRule) -> dict[str, RouteRule]:
    """Return the options of a route that this rule guards."""
    return {_OPTION: rule}


def rule_of(options: Mapping[str, Any]) -> RouteRule:
    """Return the rule of a route by its options. RuntimeError: it has none."""
    rule = find_rule(options)
    if rule is None:
        raise RuntimeError("this route does not say who may call it")
    return rule


def find_rule(options: Mapping[str, Any]) -> RouteRule | None:
    """Return the rule of a route by its options; None for what the framework answers itself."""
    rule = options.get(_OPTION)
    return rule if isinstance(rule, RouteRule) else None


def classroom_id_of(connection: Connection) -> int:
    """Return the class id of the path. ClassroomNotFound: no class can have it."""
    classroom_id = find_classroom_id(connection)
    if classroom_id is None or not 0 < classroom_id <= MAX_CLASSROOM_ID:
        raise ClassroomNotFound
    return classroom_id


def find_classroom_id(connection: Connection) -> int | None:
    """Return the class id of the path; None: there is none, or 0: none of a class."""
    text = connection.path_params.get("classroom_id")
    if text is None:
        return None
    return int(text) if _CLASSROOM_ID.fullmatch(text) else 0


async def _nothing_more(_connection: Connection, _caller: Caller) -> None:
    """Check nothing more: being logged in is enough."""


async def _admin(_connection: Connection, caller: Caller) -> None:
    require_admin(caller.account)


async def _in_console(_connection: Connection, caller: Caller) -> None:
    if caller.session.channel is not SessionChannel.CONSOLE:
        raise NotFromConsole


async def _admin_in_console(connection: Connection, caller: Caller) -> None:
    await _in_console(connection, caller)
    require_admin(caller.account)


async def _teacher(connection: Connection, caller: Caller) -> None:
    services_of(connection).classrooms.require_may_create(caller.account)


def _note_classroom(connection: Connection, classroom_id: int | None) -> None:
    connection.scope["state"][NOTED_CLASSROOM] = classroom_id


async def _upload_owner(connection: Connection, caller: Caller) -> None:
    upload_id = connection.path_params["upload_id"]
    upload = await services_of(connection).courseware.require_owner(caller, upload_id)
    _note_classroom(connection, upload.classroom_id)


async def _courseware_staff(connection: Connection, caller: Caller) -> None:
    courseware_id = connection.path_params["courseware_id"]
    await services_of(connection).courseware_removal.require_may_delete(caller, courseware_id)


async def _lease_owner(connection: Connection, caller: Caller) -> None:
    lease_id = connection.path_params["lease_id"]
    lease = await services_of(connection).leases.get_owned(caller.account_id, lease_id)
    _note_classroom(connection, lease.classroom_id)


def member(permission: Permission) -> RouteRule:
    """Return the rule for members with this permission in the class of the path."""

    async def check(connection: Connection, caller: Caller) -> None:
        classrooms = services_of(connection).classrooms
        await classrooms.check_permission(caller, classroom_id_of(connection), permission)

    asked = DESCRIPTIONS[permission]
    is_upload = permission is Permission.UPLOAD
    request_class = RequestClass.CLOUD if is_upload else RequestClass.RUNNING
    return RouteRule(f"whoever may {asked}", check, asked=asked, request_class=request_class)


ANYONE = RouteRule("anyone", None)
LOG_IN = RouteRule("anyone", None, asked="log in", request_class=RequestClass.LOG_IN)
REGISTRATION = UnlessRegistrationIsClosed(
    "anyone, unless registration is closed",
    None,
    asked="register",
    request_class=RequestClass.LOG_IN,
)
CONSOLE = FromConsole(
    "anyone, from a page of the console",
    None,
    asked="log in",
    request_class=RequestClass.LOG_IN,
)
CLOUD = RouteRule("the cloud, by its signature", None, asked="call as the cloud")
NOBODY = Unreachable("nobody", None)
LOGGED_IN = RouteRule("whoever is logged in", _nothing_more, asked="use one's own account")
ONESELF = RouteRule(
    "whoever is logged in",
    _nothing_more,
    asked="use one's own account",
    before_second_factor=True,
)
IN_CONSOLE = RouteRule(
    "whoever is logged in to the console",
    _in_console,
    asked="confirm the session",
    request_class=RequestClass.LOG_IN,
    before_second_factor=True,
)
ADMIN_IN_CONSOLE = RouteRule(
    "an admin who is logged in to the console",
    _admin_in_console,
    asked="change the second factor",
    before_second_factor=True,
)
ADMIN = RouteRule("an admin", _admin, asked="administer")
TEACHER = RouteRule("a teacher", _teacher, asked="make a class")
UPLOAD_OWNER = RouteRule(
    "whoever opened the upload",
    _upload_owner,
    asked="go on with the upload",
    request_class=RequestClass.CLOUD,
)
COURSEWARE_STAFF = RouteRule(
    "host or assistant of the class that has the file",
    _courseware_staff,
    asked=DESCRIPTIONS[Permission.DELETE_COURSEWARE],
    request_class=RequestClass.CLOUD,
)
LEASE_OWNER = RouteRule(
    "whoever has the lease",
    _lease_owner,
    asked="renew the lease",
    request_class=RequestClass.RUNNING,
)
OWN_USER_SIG = DecidedByService(
    "whoever is logged in",
    _nothing_more,
    asked="get a UserSig",
    request_class=RequestClass.RUNNING,
)
_ENTER = DESCRIPTIONS[Permission.ENTER]
ENTER = DecidedByService(
    f"whoever may {_ENTER}", _nothing_more, asked=_ENTER, request_class=RequestClass.RUNNING
)
HEARTBEAT = DecidedByService(
    "members of the class",
    _nothing_more,
    asked=DESCRIPTIONS[Permission.SEND_HEARTBEAT],
    request_class=RequestClass.RUNNING,
)
CLASS_OF_THE_PATH = RouteRule(
    "host or assistant of the class in file_path",
    _nothing_more,
    asked="sign for storage",
    request_class=RequestClass.RUNNING,
)
