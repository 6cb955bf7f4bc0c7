"""Who was refused what, and why: everything for admins, one class for its staff."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import Parameter
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    ClassroomFilter,
    ClassroomId,
    Cursor,
    IdentifierFilter,
    Limit,
    NextCursor,
    QueryTime,
    Time,
    from_unix,
    to_unix,
)
from classgate.classrooms.permissions import Permission
from classgate.refusal_log.models import StoredRefusal, reason_for_staff

RequestIdFilter = Annotated[
    str | None,
    Parameter(
        max_length=40,
        pattern="^[^\\x00]*$",
        description="Only the row that counts this request: the `request_id` of its answer.",
    ),
]
AccountName = Annotated[
    str | None,
    Meta(description="Name of the account today. Null when it was deleted, or there was none."),
]
FirstAt = Annotated[Time, Meta(description="The first of them. Unix time in seconds.")]
LastAt = Annotated[Time, Meta(description="The last of them. Unix time in seconds.")]
Count = Annotated[int, Meta(description="How many there were, within one minute.")]
Rule = Annotated[str, Meta(description="What was asked for, in words.")]
RequestId = Annotated[str, Meta(description="`X-Request-Id` of the last of them.")]


class ClassRefusal(msgspec.Struct, kw_only=True):
    """Refusals of one person at the class, for one reason, within one minute."""

    identifier: AccountName
    reason: Annotated[
        str,
        Meta(
            description="Reason of the refusal, as in the problem; `account_unusable` for every "
            "cause that lies in the account."
        ),
    ]
    rule: Rule
    count: Count
    first_at: FirstAt
    last_at: LastAt
    request_id: RequestId


class ClassRefusalPage(msgspec.Struct, kw_only=True):
    """A page of refusals at a class."""

    items: Annotated[list[ClassRefusal], Meta(description="The newest first.")]
    next_cursor: NextCursor


class Refusal(msgspec.Struct, kw_only=True):
    """Refusals of one person, at one class, for one reason, within one minute."""

    account_id: Annotated[
        int | None, Meta(description="Number of the account. Null when it is not known.")
    ]
    identifier: AccountName
    identifier_digest: Annotated[
        str | None,
        Meta(description="Keyed digest of the name at a log-in, where it is no account's."),
    ]
    classroom_id: Annotated[int | None, Meta(description="Id of the class. Null when none.")]
    reason: Annotated[
        str,
        Meta(
            description="Reason of the refusal, as in the problem; `left_out` for a row that "
            "counts refusals which have no row, because there were too many."
        ),
    ]
    rule: Rule
    route: Annotated[str, Meta(description="Call of the last of them.")]
    address: Annotated[
        str, Meta(description="Address of the client at the last of them. Empty when not known.")
    ]
    count: Count
    first_at: FirstAt
    last_at: LastAt
    request_id: RequestId


class RefusalPage(msgspec.Struct, kw_only=True):
    """A page of refusals."""

    items: Annotated[list[Refusal], Meta(description="The newest first.")]
    next_cursor: NextCursor


@get(
    "/admin/refusals",
    opt=rules.only(rules.ADMIN),
    summary="List refusals",
    responses=documented(401, 403),
)
async def list_refusals(
    request: ApiRequest,
    identifier: IdentifierFilter = None,
    classroom: ClassroomFilter = None,
    since: QueryTime = None,
    request_id: RequestIdFilter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> RefusalPage:
    """List who was refused what, and why, the newest first.

    An identifier that is no account's stands for the log-ins with that name. A refusal is listed
    within two seconds.
    """
    page, names = await request.services.account_refusals.list_page(
        identifier=identifier,
        classroom_id=classroom,
        since=from_unix(since),
        request_id=request_id,
        cursor=cursor,
        limit=limit,
    )
    return RefusalPage(items=[_view(row, names) for row in page.rows], next_cursor=page.next_cursor)


def _view(row: StoredRefusal, names: dict[int, str]) -> Refusal:
    return Refusal(
        account_id=row.account_id,
        identifier=names.get(row.account_id or 0),
        identifier_digest=row.identifier_digest,
        classroom_id=row.classroom_id,
        reason=row.reason,
        rule=row.rule,
        route=row.route,
        address=row.address,
        count=row.count,
        first_at=to_unix(row.first_at),
        last_at=to_unix(row.last_at),
        request_id=row.request_id,
    )


@get(
    "/classrooms/{classroom_id:str}/refusals",
    opt=rules.only(rules.member(Permission.READ_REFUSALS)),
    summary="List refusals at a class",
    responses=documented(401, 403, 404),
)
async def list_class_refusals(
    request: ApiRequest,
    classroom_id: ClassroomId,
    since: QueryTime = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ClassRefusalPage:
    """List who was refused what at the class, and why, the newest first.

    Only callers with an account are listed, members or not.
    """
    page, names = await request.services.class_refusals.list_page(
        request.caller, classroom_id, from_unix(since), cursor, limit
    )
    return ClassRefusalPage(
        items=[_view_for_class(row, names) for row in page.rows], next_cursor=page.next_cursor
    )


def _view_for_class(row: StoredRefusal, names: dict[int, str]) -> ClassRefusal:
    return ClassRefusal(
        identifier=names.get(row.account_id or 0),
        reason=reason_for_staff(row.reason),
        rule=row.rule,
        count=row.count,
        first_at=to_unix(row.first_at),
        last_at=to_unix(row.last_at),
        request_id=row.request_id,
    )


CLASSROOM_HANDLERS = (list_class_refusals,)
ADMIN_HANDLERS = (list_refusals,)
