"""The list of accounts, for admins."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import Parameter
from msgspec import Meta

from classgate.accounts.models import AccountFilter, AccountRole
from classgate.api import rules
from classgate.api.administration import ManagedAccount
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import NO_NUL, Cursor, Limit, NextCursor

SearchText = Annotated[
    str | None,
    Parameter(
        max_length=100,
        pattern=NO_NUL,
        description="Only accounts whose identifier or display name contains this text. The case "
        "of A-Z does not matter.",
    ),
]
RoleFilter = Annotated[AccountRole | None, Parameter(description="Only accounts of this role.")]
DisabledFilter = Annotated[
    bool | None,
    Parameter(description="Only accounts that are disabled, or only those that are not."),
]


class ManagedAccountPage(msgspec.Struct, kw_only=True):
    """A page of accounts."""

    items: Annotated[list[ManagedAccount], Meta(description="Accounts, by identifier.")]
    next_cursor: NextCursor


@get(
    "/admin/accounts",
    opt=rules.only(rules.ADMIN),
    summary="List accounts",
    responses=documented(401, 403),
)
async def list_accounts(
    request: ApiRequest,
    search: SearchText = None,
    role: RoleFilter = None,
    disabled: DisabledFilter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ManagedAccountPage:
    """List accounts by identifier, or find some of them.

    One call looks at 5000 accounts. With a filter, a page may therefore be short or empty and still
    have a `next_cursor`; only null ends the list.
    """
    wanted = AccountFilter(text=search, role=role, disabled=disabled)
    page, next_cursor = await request.services.account_list.list_accounts(wanted, cursor, limit)
    return ManagedAccountPage(
        items=[ManagedAccount.of_managed(each) for each in page], next_cursor=next_cursor
    )


HANDLERS = (list_accounts,)
