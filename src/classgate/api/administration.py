"""What an admin does to accounts, and the audit."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from msgspec import Meta

from classgate.accounts import models
from classgate.accounts.models import AccountRole
from classgate.api import rules
from classgate.api.accounts import Account
from classgate.api.methods import patch_or_post
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    Body,
    ClassroomFilter,
    Cursor,
    IdentifierFilter,
    IdentifierInPath,
    Limit,
    NextCursor,
    QueryTime,
    Time,
    enforced_later,
    from_unix,
    to_unix,
)
from classgate.audit import models as audit
from classgate.audit.models import TAMPERED_HINT, UNREADABLE_EVENT


class UpdateAccountRequest(Body):
    """What to change. What is left out stays."""

    role: Annotated[
        AccountRole | msgspec.UnsetType, Meta(description="New role of the account.")
    ] = msgspec.UNSET
    disabled: Annotated[
        bool | msgspec.UnsetType, Meta(description="Whether the account may not log in.")
    ] = msgspec.UNSET
    display_name: Annotated[
        Annotated[str, Meta(max_length=1000, extra_json_schema=enforced_later(maxLength=100))]
        | msgspec.UnsetType,
        Meta(
            description="New name to show to people: one line of at most 100 characters. Empty for "
            "the identifier.",
        ),
    ] = msgspec.UNSET


class IssuedPassword(msgspec.Struct, kw_only=True):
    """A new password, to be handed to its owner."""

    password: Annotated[str, Meta(description="The password. Secret; shown this once.")]


class ManagedAccount(Account, kw_only=True):
    """An account, as an admin sees it."""

    disabled: Annotated[bool, Meta(description="Whether the account may not log in.")]

    @classmethod
    def of_managed(cls, account: models.Account) -> "ManagedAccount":
        return cls(
            identifier=account.identifier,
            role=account.role,
            display_name=account.display_name,
            disabled=account.disabled,
        )


class AuditRow(msgspec.Struct, kw_only=True):
    """One row. Names are those of today; a deleted account has only its number."""

    chain: Annotated[str, Meta(description="Which chain of rows it belongs to.")]
    seq: Annotated[int, Meta(description="Place of the row in its chain.")]
    at: Annotated[Time, Meta(description="When it happened. Unix time in seconds.")]
    event: Annotated[
        str,
        Meta(
            description="What happened; `unreadable` for a row that somebody changed.",
            extra_json_schema={"enum": [*audit.AuditEvent, UNREADABLE_EVENT]},
        ),
    ]
    account_id: Annotated[
        int | None, Meta(description="Number of the account that it concerns. Null when none.")
    ]
    identifier: Annotated[
        str | None, Meta(description="Name of that account today. Null when it has none.")
    ]
    actor_id: Annotated[
        int | None,
        Meta(
            description="Number of the account that did it. Null for the command line and for "
            "the service itself."
        ),
    ]
    actor: Annotated[
        str | None, Meta(description="Name of that account today. Null when it has none.")
    ]
    classroom_id: Annotated[int | None, Meta(description="Id of the class. Null when none.")]
    lease_id: Annotated[str | None, Meta(description="Id of the lease. Null when none.")]
    rule: Annotated[
        str | None, Meta(description="The rule that allowed it, in words. Null when none.")
    ]
    fingerprints: Annotated[
        list[str],
        Meta(description="Keyed digests of the credentials that were given: 32 hex digits each."),
    ]
    request_id: Annotated[
        str,
        Meta(description="`X-Request-Id` of the request; empty for the command line."),
    ]
    details: Annotated[dict[str, Any], Meta(description="More, by the event.")]
    mac: Annotated[str, Meta(description="Seal of the row: a keyed digest in hex digits.")]


class AuditRowPage(msgspec.Struct, kw_only=True):
    """A page of the audit."""

    items: Annotated[list[AuditRow], Meta(description="The newest first.")]
    next_cursor: NextCursor


@patch_or_post(
    "/admin/accounts/{identifier:str}",
    opt=rules.only(rules.ADMIN),
    summary="Change an account",
    responses=documented(401, 403, 404, 409, 413),
)
async def update_account(
    request: ApiRequest, identifier: IdentifierInPath, data: UpdateAccountRequest
) -> ManagedAccount:
    """Give an account another role or name, disable or enable it.

    With a new role, and when disabled, sessions and leases end.
    """
    account = await request.services.administration.change(
        request.caller,
        identifier,
        role=None if data.role is msgspec.UNSET else data.role,
        disabled=None if data.disabled is msgspec.UNSET else data.disabled,
        display_name=None if data.display_name is msgspec.UNSET else data.display_name,
    )
    return ManagedAccount.of_managed(account)


@post(
    "/admin/accounts/{identifier:str}/password",
    opt=rules.only(rules.ADMIN),
    status_code=200,
    summary="Reset a password",
    responses=documented(401, 403, 404, 409, 429),
)
async def reset_password(request: ApiRequest, identifier: IdentifierInPath) -> IssuedPassword:
    """Give an account a new random password, and end its sessions. No body is needed.

    For somebody who forgot theirs. Not for admins, whose passwords are reset on the command line.
    """
    password = await request.services.administration.issue_password(request.caller, identifier)
    return IssuedPassword(password=password)


@delete(
    "/admin/accounts/{identifier:str}",
    opt=rules.only(rules.ADMIN),
    summary="Delete an account",
    responses=documented(401, 403, 404, 409),
)
async def delete_account(request: ApiRequest, identifier: IdentifierInPath) -> None:
    """Remove a person's data. A number stays, in the audit and in classes that ended."""
    await request.services.account_deletion.delete_account(request.caller, identifier)


@get(
    "/admin/audit",
    opt=rules.only(rules.ADMIN),
    summary="List rows of the audit",
    responses=documented(401, 403, 404),
)
async def list_audit_rows(
    request: ApiRequest,
    identifier: IdentifierFilter = None,
    classroom_id: ClassroomFilter = None,
    since: QueryTime = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> AuditRowPage:
    """List who was given what, when and by which rule, the newest first.

    The reading is recorded too.
    """
    page, names = await request.services.administration.read_audit(
        request.caller, identifier, classroom_id, from_unix(since), cursor, limit
    )
    return AuditRowPage(
        items=[view_row(row, names) for row in page.rows], next_cursor=page.next_cursor
    )


def view_row(row: audit.AuditRow | audit.UnreadableRow, names: dict[int, str]) -> AuditRow:
    """Return a row with the names of its accounts; the event is `unreadable` for a changed row."""
    if not isinstance(row, audit.AuditRow):
        return AuditRow(
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
    return AuditRow(
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


HANDLERS = (
    update_account,
    reset_password,
    delete_account,
    list_audit_rows,
)
