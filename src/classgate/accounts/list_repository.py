"""Lists of accounts, for the people who administer them.

A search looks inside of names, which no index helps. It goes through the accounts in the order of
their identifiers, and one call reads a bounded part of them.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import String, bindparam, func, or_, select

from classgate.accounts.models import Account, AccountFilter
from classgate.accounts.repository import ACCOUNT, NOT_DELETED, accounts, to_account
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement

REACH = 5000
"""The number of accounts that one call with a filter looks at: a few milliseconds."""

_ESCAPE = "/"
_LOWER = bindparam("lower_pattern", type_=String)
_folded = accounts.c.identifier_folded
_IN_ORDER = (
    select(_folded).where(NOT_DELETED, _folded > bindparam("after")).order_by(_folded).limit(1)
)
_FIND_REACH = Statement(_IN_ORDER.offset(REACH - 1))

# By the parameter that each one needs.
_CONDITIONS = {
    "until": _folded <= bindparam("until"),
    "role": accounts.c.role == bindparam("role"),
    "disabled": accounts.c.disabled == bindparam("disabled"),
    # `lower` of SQLite knows the letters of ASCII only, so the name is compared as it is, too.
    "pattern": or_(
        _folded.like(_LOWER, escape=_ESCAPE),
        func.lower(accounts.c.display_name).like(_LOWER, escape=_ESCAPE),
        accounts.c.display_name.like(bindparam("pattern"), escape=_ESCAPE),
    ),
}


@cache
def _list(conditions: frozenset[str]) -> Statement:
    wanted = [_CONDITIONS[name] for name in sorted(conditions)]
    return Statement(
        select(*ACCOUNT)
        .where(NOT_DELETED, _folded > bindparam("after"), *wanted)
        .order_by(_folded)
        .limit(LIMIT)
    )


async def list_accounts(
    connection: DatabaseConnection, wanted: AccountFilter, after: str, limit: int
) -> tuple[Sequence[Account], str | None]:
    """Return accounts by identifier, after `after`, and where this call stopped to look.

    None: it looked at all of them, or found as many as it may return.
    """
    pattern = None if wanted.text is None else _pattern_of(wanted.text)
    possible = {
        "role": wanted.role,
        "disabled": wanted.disabled,
        "pattern": pattern,
    }
    given = {name: value for name, value in possible.items() if value is not None}
    until = await _find_reach(connection, after) if given else None
    conditions = frozenset(given) | (frozenset() if until is None else {"until"})
    values = {
        **given,
        "lower_pattern": None if pattern is None else pattern.lower(),
        "after": after,
        "until": until,
        "limit": limit,
    }
    rows = await connection.fetch_all(_list(conditions), values)
    return [to_account(row) for row in rows], None if len(rows) == limit else until


async def _find_reach(connection: DatabaseConnection, after: str) -> str | None:
    """Return the last identifier that this call looks at; None if fewer follow."""
    row = await connection.fetch_one(_FIND_REACH, {"after": after})
    return None if row is None else str(row.identifier_folded)


def _pattern_of(text: str) -> str:
    """Return the pattern of LIKE for names that contain the text."""
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return f"%{text}%"
