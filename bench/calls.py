"""The hot calls: what each caller of a school sends, and the answer that is right."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bench.http_client import request_text
from bench.school import PASSWORD, School, api_token, identifier, legacy_token
from bench.service import SDK_APP_ID
from bench.targets import Call

_LEGACY_OK: Final = '"errorCode": 0,'


def _members(school: School) -> list[int]:
    """Callers that are not hosts: a host is present with one session only."""
    hosts = set(school.hosts())
    return [account for account in school.callers() if account not in hosts]


def _api(
    method: str,
    accounts: Iterable[int],
    target: Callable[[int], str],
    body: Callable[[int], Mapping[str, object] | None] = lambda _: None,
) -> list[str]:
    return [
        request_text(method, target(account), token=api_token(account), body=body(account))
        for account in accounts
    ]


def _legacy(
    command: str, accounts: Iterable[int], body: Callable[[int], Mapping[str, object]]
) -> list[str]:
    service, _, name = command.partition("/")
    common = {"appid": SDK_APP_ID, "timeStamp": 1}
    return [
        request_text(
            "POST",
            f"/index.php?svc={service}&cmd={name}",
            body={**common, "token": legacy_token(account), **body(account)},
        )
        for account in accounts
    ]


def _user_sig(school: School) -> Call:
    requests = _api("POST", school.callers(), lambda _: "/v1/user-sig")
    return Call("user-sig", requests, contains='"user_sig":')


def entry(school: School) -> Call:
    """Return the entries of all members, each into the member's class."""
    requests = _api(
        "POST", _members(school), lambda who: f"/v1/classrooms/{school.class_of(who)}/entry"
    )
    return Call("entry", requests, contains='"private_map_key":')


def heartbeat(school: School) -> Call:
    """Return a heartbeat of each member; all are present."""
    requests = _api(
        "POST", _members(school), lambda who: f"/v1/classrooms/{school.class_of(who)}/heartbeat"
    )
    return Call("heartbeat", requests, contains='"present":true')


def _me(school: School) -> Call:
    return Call("me", _api("GET", school.callers(), lambda _: "/v1/me"), contains='"identifier":')


def _cos_signature(school: School) -> Call:
    requests = _api(
        "POST",
        school.teachers(),
        lambda _: "/v1/cos/signature",
        lambda who: {
            "type": "single_use",
            "file_path": f"/classes/{school.class_of(who)}/direct/a.pdf",
        },
    )
    return Call("cos/signature", requests, contains='"sign":')


def _classrooms(school: School) -> Call:
    requests = _api("GET", school.callers(), lambda _: "/v1/classrooms")
    return Call("classrooms", requests, contains='"items":')


def _legacy_get_sign(school: School) -> Call:
    requests = _legacy("cos/get_sign", school.callers(), lambda _: {"type": 0})
    return Call("legacy get_sign", requests, contains=_LEGACY_OK)


def _legacy_heartbeat(school: School) -> Call:
    requests = _legacy(
        "live/heartbeat", _members(school), lambda who: {"roomnum": school.class_of(who)}
    )
    return Call("legacy heartbeat", requests, contains=_LEGACY_OK)


def _legacy_roomlist(school: School) -> Call:
    requests = _legacy("live/roomlist", school.callers(), lambda _: {"index": 0, "size": 20})
    return Call("legacy roomlist", requests, contains=_LEGACY_OK)


def _legacy_create(school: School) -> Call:
    requests = _legacy("live/create", school.teachers(), lambda _: {"title": "Class", "cover": ""})
    return Call("legacy create", requests, contains=_LEGACY_OK)


def log_in(school: School) -> Call:
    """Return a log-in of each caller."""
    requests = [
        request_text(
            "POST", "/v1/sessions", body={"identifier": identifier(who), "password": PASSWORD}
        )
        for who in school.callers()
    ]
    return Call("log-in", requests, status=201, contains='"access_token":')


def legacy_log_in(school: School) -> Call:
    """Return a log-in of each caller at the legacy API."""
    body = {"appid": SDK_APP_ID, "timeStamp": 1, "pwd": PASSWORD}
    requests = [
        request_text(
            "POST", "/index.php?svc=account&cmd=login", body={**body, "id": identifier(who)}
        )
        for who in school.callers()
    ]
    return Call("legacy log-in", requests, contains=_LEGACY_OK)


_MAKERS: Final[tuple[Callable[[School], Call], ...]] = (
    _user_sig,
    entry,
    heartbeat,
    _me,
    _cos_signature,
    _classrooms,
    _legacy_get_sign,
    _legacy_heartbeat,
    _legacy_roomlist,
    _legacy_create,  # adds classes, so it is the last
)
GRANTS: Final = frozenset(
    {"user-sig", "entry", "cos/signature", "legacy get_sign", "legacy create"}
)
"""The calls that write: also measured on PostgreSQL."""


def hot_calls(school: School) -> list[Call]:
    """Return the calls of a lesson, in the order in which they are measured."""
    return [make(school) for make in _MAKERS]
