"""Accounts, classes and memberships in memory, for questions that need no database."""

from datetime import UTC, datetime

from classgate.accounts.models import Account, AccountRole
from classgate.classrooms.models import (
    AccessContext,
    Classroom,
    ClassroomRole,
    ClassroomState,
    Membership,
)

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def account(role: AccountRole = AccountRole.STUDENT) -> Account:
    return Account(
        account_id=1,
        identifier="amy",
        display_name="Amy",
        role=role,
        disabled=False,
        created_at=NOW,
        signatures_after=datetime(1970, 1, 1, tzinfo=UTC),
    )


def classroom(
    state: ClassroomState = ClassroomState.LIVE,
    *,
    open: bool = False,  # noqa: A002 — as the field is called
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Classroom:
    return Classroom(
        classroom_id=1,
        title="数学",
        cover_url=None,
        state=state,
        host="tom",
        host_id=1,
        open=open,
        starts_at=starts_at,
        ends_at=ends_at,
        started_at=None,
        ended_at=None,
        created_at=NOW,
    )


def membership(role: ClassroomRole, *, on_stage: bool = False, kicked: bool = False) -> Membership:
    return Membership(account_id=1, role=role, on_stage=on_stage, kicked_at=NOW if kicked else None)


def access(
    role: ClassroomRole | None,
    *,
    kicked: bool = False,
    open: bool = False,  # noqa: A002
    account_role: AccountRole = AccountRole.TEACHER,
) -> AccessContext:
    place = None if role is None else membership(role, kicked=kicked)
    return AccessContext(account(account_role), classroom(open=open), place)
