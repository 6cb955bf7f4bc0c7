"""Looks up a class together with the place of one person in it."""

from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, select

from classgate.accounts.models import Account, Session
from classgate.accounts.repository import accounts
from classgate.accounts.session_repository import CALLER, IS_OPEN_SESSION, WITH_ACCOUNT, to_caller
from classgate.classrooms.models import AccessContext, Classroom, Membership
from classgate.classrooms.repository import (
    CLASSROOM,
    IS_WANTED,
    MEMBERSHIP,
    WITH_HOST,
    classrooms,
    memberships,
    to_classroom,
)
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import Row, Statement, to_dataclass

ACCESS_WIDTH = len(CLASSROOM) + len(MEMBERSHIP)
"""The number of columns of an access look-up."""


def select_access(
    *columns: ColumnElement[Any],
    beside: Table | None = None,
    on: ColumnElement[bool] | None = None,
) -> Statement:
    """Build the statement of an access look-up, optionally with an outer-joined table.

    Its parameters are `classroom_id` and `account_id`. The columns given follow the first
    `ACCESS_WIDTH` ones.
    """
    joined = WITH_HOST.outerjoin(
        memberships,
        and_(
            memberships.c.classroom_id == classrooms.c.classroom_id,
            memberships.c.account_id == bindparam("account_id"),
        ),
    )
    if beside is not None:
        joined = joined.outerjoin(beside, on)
    member = [column.label(f"member_{column.name}") for column in MEMBERSHIP]
    return Statement(select(*CLASSROOM, *member, *columns).select_from(joined).where(IS_WANTED))


_FIND_ACCESS = select_access()


async def find_access(
    connection: DatabaseConnection, classroom_id: int, account: Account
) -> AccessContext | None:
    """Return the classroom and the account's membership; None: no such classroom."""
    values = {"classroom_id": classroom_id, "account_id": account.account_id}
    row = await connection.fetch_one(_FIND_ACCESS, values)
    return None if row is None else to_access(row, account)


_host = accounts.alias("host")
_FIND_CALLER_AND_ACCESS = Statement(
    select(
        *CALLER,
        *(
            _host.c.identifier if name == "host" else classrooms.c[name]
            for name in Classroom.__dataclass_fields__
        ),
        *MEMBERSHIP,
    )
    .select_from(
        WITH_ACCOUNT.outerjoin(classrooms, IS_WANTED)
        .outerjoin(_host, _host.c.account_id == classrooms.c.host_id)
        .outerjoin(
            memberships,
            and_(
                memberships.c.classroom_id == classrooms.c.classroom_id,
                memberships.c.account_id == accounts.c.account_id,
            ),
        )
    )
    .where(IS_OPEN_SESSION)
)


async def find_caller_and_access(
    connection: DatabaseConnection, session_id: str, classroom_id: int
) -> tuple[tuple[Session, Account] | None, AccessContext | None]:
    """Return the session with its account, and its access to the classroom, in one query.

    No session: it does not exist or was ended. No access: there is no such classroom.
    """
    values = {"session_id": session_id, "classroom_id": classroom_id}
    row = await connection.fetch_one(_FIND_CALLER_AND_ACCESS, values)
    if row is None:
        return None, None
    session, account = to_caller(row)
    of_classroom = row[len(CALLER) :]
    of_member = of_classroom[len(CLASSROOM) :]
    if of_classroom[0] is None:
        return (session, account), None
    member = None if of_member[0] is None else to_dataclass(Membership, of_member)
    return (session, account), AccessContext(account, to_classroom(of_classroom), member)


def to_access(row: Row, account: Account) -> AccessContext:
    """Return the access of the account from a row of an access look-up."""
    member = None
    if row.member_account_id is not None:
        member = to_dataclass(Membership, row[len(CLASSROOM) :])
    return AccessContext(account, to_classroom(row), member)
