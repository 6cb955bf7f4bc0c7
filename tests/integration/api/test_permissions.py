"""Who may call what: everybody calls everything, in a live class and in an ended one.

The table, `permissions.txt`, is the contract written out by hand. After every refusal nothing new
was given: neither does the audit say so, nor is there a lease.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute
from tests.support.harness import World, problem
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, PDF, School

from classgate.api.routes import create_api

TABLE = Path(__file__).with_name("permissions.txt")

# The table's columns.
WHO = {
    "no token": None,
    "stranger": "sam",
    "student": "amy",
    "student on stage": "stan",
    "assistant": "anna",
    "host": "tom",
    "another teacher": "tina",
    "admin": "root",
    "kicked": "kim",
    "removed": "rob",
}
CODES = {
    400: "invalid_request",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    409: "conflict",
}
BODIES: dict[str, object] = {
    "-": None,
    "registration": {"identifier": "newcomer", "password": "a sentence that is long"},
    "one-time-code": {"code": "123456"},
    "confirmation": {"password": "not her password"},
    "wrong-log-in": {"identifier": "amy", "password": "not her password"},
    "password": {"current_password": PASSWORD, "new_password": "another long sentence"},
    "title": {"title": "几何"},
    "as-student": {"role": "student"},
    "as-assistant": {"role": "assistant"},
    "invitation": {"role": "teacher"},
    "as-host": {"identifier": "tina"},
    "as-admin": {"role": "admin"},
    "disabled": {"disabled": True},
    "accounts": {"accounts": [{"identifier": "new", "password": PASSWORD, "role": "admin"}]},
    "csv": {"csv": "identifier,password,role\nnew,,student"},
    "file": PDF,
    "code": {"text": "70003"},
    "signature": {"type": "reusable", "file_path": f"/classes/{LIVE}/direct/a.pdf"},
    "over-signed": {"type": "single_use", "file_path": f"/classes/{ENDED}/direct/a.pdf"},
}
CLASSES = {"live": LIVE, "created": CREATED, "ended": ENDED, "open": OPEN}


@dataclass(frozen=True)
class Case:
    """Somebody calls something."""

    method: str
    path: str
    body: str
    who: str
    status: int
    reason: str | None

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.path} {self.body}"


def read_table() -> list[Case]:
    text = TABLE.read_text(encoding="utf-8")
    reasons = dict(re.findall(r"(?<=[#·] )(\d{3}[a-z]) (\w+)", text))
    cases = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            method, path, body, *cells = line.split()
            for who, cell in zip(WHO, cells, strict=True):
                reason = None if cell[0] == "2" else reasons[cell]
                cases.append(Case(method, path, body, who, int(cell[:3]), reason))
    return cases


CASES = read_table()


async def fill(world: World, school: School, path: str) -> str:
    """The table's path with the class's number, and with what was given while it was made."""
    path = re.sub(r"(?<=^/classrooms/)(\w+)", lambda name: str(CLASSES.get(name[1], name[1])), path)
    named = re.search(r"(ended-)?(entry|upload|session|courseware)-of-(\w+)", path)
    if named is None:
        return f"/v1{path}"
    over, kind, owner = named.groups()
    number = ENDED if over else LIVE
    if kind == "session":
        listed = (await world.call("GET", "/v1/sessions", school.tokens[owner])).json()
        found = str(listed["items"][0]["session_id"])
    elif kind == "entry":
        found = school.leases[number, owner]
    elif path.startswith("/leases"):
        found = school.upload_leases[number, owner]
    else:
        found = school.uploads[number, owner]
    if kind == "courseware":  # as if the file had arrived
        arrived = "UPDATE uploads SET state = 'complete', completed_at = created_at"
        assert world.raw_database.change(f"{arrived} WHERE upload_id = ?", found) == 1
    return f"/v1{path.replace(named[0], found)}"


def token_of(school: School, who: str) -> str | None:
    identifier = WHO[who]
    return None if identifier is None else school.tokens[identifier]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_everybody_may_do_what_the_table_says_and_no_more(
    world: World, school: School, case: Case
) -> None:
    path = await fill(world, school, case.path)
    given, leases = world.raw_database.given(), world.raw_database.open_leases()
    answer = await world.call(case.method, path, token_of(school, case.who), BODIES[case.body])
    if case.status < 300:
        assert answer.status_code == case.status, answer.text
    else:
        problem(answer, case.status, CODES[case.status], case.reason)
        assert world.raw_database.given() == given
        assert world.raw_database.open_leases() <= leases


def as_route(path: str) -> str:
    """A path of the table, or of the code, with `{}` for each parameter."""
    path = re.sub(r"\{[^}]*\}|\b[\w-]+-of-\w+", "{}", path.partition("?")[0])
    path = re.sub(r"(?<=/classrooms/)\w+", "{}", path)
    return re.sub(
        r"(?<=/members/)\w+|(?<=/admin/accounts/)\w+|(?<=/admin/invitations/)\w+", "{}", path
    )


async def test_table_has_every_call_there_is(world: World) -> None:
    served = {
        (method, as_route(route.path_format.removeprefix("/v1")))
        for route in create_api(world.application.api_services).routes
        for method in (route.methods if isinstance(route, HTTPRoute) else ())
        if method != "OPTIONS" and route.path_format.startswith("/v1/")
    }
    assert {(case.method, as_route(case.path)) for case in CASES} == served


# Anybody may send these a body; for a signature, the class stands in it.
BODY_DECIDES = {"/accounts", "/sessions", "/me/password", "/cos/signature"}


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if case.body != "-"
        and case.status in {401, 403, 404}
        and (case.path not in BODY_DECIDES or (case.who == "no token" and "/me" in case.path))
        # What an assistant may give, or whose place is whose, stands in the body and the roster.
        and (case.who not in {"assistant", "host", "admin"} or "members" not in case.path)
    ],
    ids=str,
)
async def test_permission_is_decided_before_the_body_is_read(
    world: World, school: School, case: Case
) -> None:
    path = await fill(world, school, case.path)
    for content in (b"{not json", b'{"unknown": 1}', b"[" * 50_000):
        answer = await world.call(case.method, path, token_of(school, case.who), content=content)
        problem(answer, case.status, CODES[case.status], case.reason)
