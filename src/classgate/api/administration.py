"""What an admin does to accounts, and the audit."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post

from classgate.accounts.models import AccountRole, Caller, NewAccount
from classgate.api import rules
from classgate.api.accounts import AccountView
from classgate.api.problems import documented
from classgate.api.schema import (
    MAX_VALUES_OF_LISTS,
    Body,
    ClassroomFilter,
    Cursor,
    IdentifierFilter,
    IdentifierText,
    Limit,
    Page,
    PasswordText,
    QueryTime,
    UnixTime,
    from_unix,
    to_unix,
)
from classgate.app.application import Application
from classgate.audit.models import TAMPERED_HINT, UNREADABLE_EVENT, AuditRow, UnreadableRow
from classgate.input_bounds import JsonBounds
from classgate.reasons import Reason

MOST_AT_ONCE = 500
_BULK_BODY = 1024 * 1024


class NewAccountBody(Body):
    identifier: IdentifierText
    password: PasswordText
    role: AccountRole
    display_name: str | None = None


class NewAccounts(Body):
    BOUNDS = JsonBounds(size=_BULK_BODY, values=MAX_VALUES_OF_LISTS)

    accounts: Annotated[list[NewAccountBody], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]


class AccountChange(Body):
    """What is left out stays."""

    role: AccountRole | msgspec.UnsetType = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET


class InvitationBody(Body):
    role: AccountRole
    uses: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] = 1
    expires_at: UnixTime | None = None


class InvitationView(msgspec.Struct, kw_only=True):
    """`invitation` is what is handed on; it is shown this once."""

    invitation: str
    invitation_id: str
    role: str
    uses: int
    expires_at: int


class ImportResultView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`status` is `created` or `failed`; then `code`, `reason` and `message` say why."""

    identifier: str
    status: str
    code: str | None = None
    reason: Reason | None = None
    message: str | None = None


class ImportView(msgspec.Struct):
    results: list[ImportResultView]


class AdminAccountView(AccountView, kw_only=True):
    disabled: bool


class AuditRowView(msgspec.Struct, kw_only=True):
    """One row. Names are those of today; whoever is deleted has only a number."""

    chain: str
    seq: int
    at: int
    event: str
    account_id: int | None
    identifier: str | None
    actor_id: int | None
    actor: str | None
    classroom_id: int | None
    lease_id: str | None
    rule: str | None
    fingerprints: list[str]
    request_id: str
    details: dict[str, Any]
    mac: str


@post(
    "/admin/accounts",
    guards=[rules.ADMIN],
    status_code=200,
    request_max_body_size=_BULK_BODY,
    responses=documented(401, 403, 413),
)
async def import_accounts(
    data: NewAccounts, caller: Caller, application: Application
) -> ImportView:
    """Make up to 500 accounts; each for itself, `results` in the same order."""
    results = await application.administration.add_many(
        caller,
        [
            NewAccount(each.identifier, each.password, each.role, each.display_name)
            for each in data.accounts
        ],
    )
    return ImportView(
        [
            ImportResultView(
                identifier=each.identifier,
                status=each.status,
                code=each.code,
                reason=each.reason,
                message=each.message,
            )
            for each in results
        ]
    )


@patch(
    "/admin/accounts/{identifier:str}",
    guards=[rules.ADMIN],
    responses=documented(401, 403, 404, 409, 413),
)
async def change_account(
    identifier: str, data: AccountChange, caller: Caller, application: Application
) -> AdminAccountView:
    """Give another role, disable or enable. What the old state allowed ends."""
    account = await application.administration.change(
        caller,
        identifier,
        role=None if data.role is msgspec.UNSET else data.role,
        disabled=None if data.disabled is msgspec.UNSET else data.disabled,
    )
    return AdminAccountView(
        identifier=account.identifier,
        role=account.role.value,
        display_name=account.display_name,
        disabled=account.disabled,
    )


@delete(
    "/admin/accounts/{identifier:str}",
    guards=[rules.ADMIN],
    responses=documented(401, 403, 404, 409),
)
async def delete_account(identifier: str, caller: Caller, application: Application) -> None:
    """Remove a person's data; a number stays, in the audit and in classes that ended."""
    await application.account_deletion.delete_account(caller, identifier)


@post("/admin/invitations", guards=[rules.ADMIN], responses=documented(401, 403, 413))
async def issue_invitation(
    data: InvitationBody, caller: Caller, application: Application
) -> InvitationView:
    """Let some people make their own account in this role."""
    issued = await application.invitations.issue_invitation(
        caller, data.role, data.uses, from_unix(data.expires_at)
    )
    invitation = issued.invitation
    return InvitationView(
        invitation=issued.token,
        invitation_id=invitation.invitation_id,
        role=invitation.role.value,
        uses=invitation.uses,
        expires_at=to_unix(invitation.expires_at),
    )


@get("/admin/audit", guards=[rules.ADMIN], responses=documented(401, 403, 404))
async def read_audit(
    application: Application,
    identifier: IdentifierFilter = None,
    classroom_id: ClassroomFilter = None,
    since: QueryTime = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[AuditRowView]:
    """Who was given what, when and by which rule; the newest first."""
    page, names = await application.administration.read_audit(
        identifier, classroom_id, from_unix(since), cursor, limit
    )
    return Page(items=[view_row(row, names) for row in page.rows], next_cursor=page.next_cursor)


def view_row(row: AuditRow | UnreadableRow, names: dict[int, str]) -> AuditRowView:
    """A row with the names of those whom it concerns; `unreadable` when somebody changed it."""
    if not isinstance(row, AuditRow):
        return AuditRowView(
            chain=row.chain or "",
            seq=row.seq or 0,
            at=row.recorded_at_unix or 0,
            event=UNREADABLE_EVENT,
            account_id=None,
            identifier=None,
            actor_id=None,
            actor=None,
            classroom_id=None,
            lease_id=None,
            rule=None,
            fingerprints=[],
            request_id="",
            details={UNREADABLE_EVENT: TAMPERED_HINT},
            mac=row.mac or "",
        )
    details = row.read_details()
    return AuditRowView(
        chain=row.chain,
        seq=row.seq,
        at=to_unix(row.at),
        event=UNREADABLE_EVENT if details is None else row.event,
        account_id=row.account_id,
        identifier=None if row.account_id is None else names.get(row.account_id),
        actor_id=row.actor_id,
        actor=None if row.actor_id is None else names.get(row.actor_id),
        classroom_id=row.classroom_id,
        lease_id=row.lease_id,
        rule=row.rule,
        fingerprints=row.fingerprints.split(),
        request_id=row.request_id,
        details={UNREADABLE_EVENT: TAMPERED_HINT} if details is None else details,
        mac=row.mac,
    )


HANDLERS = (import_accounts, change_account, delete_account, issue_invitation, read_audit)
