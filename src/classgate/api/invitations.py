"""Invitations: admins issue them, and list and revoke those that can be used."""

from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post
from litestar.params import Parameter
from msgspec import Meta

from classgate.accounts import models
from classgate.accounts.models import AccountRole
from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_INT64,
    Body,
    Cursor,
    Limit,
    NextCursor,
    Time,
    UnixTime,
    enforced_later,
    from_unix,
    to_unix,
)


class CreateInvitationRequest(Body):
    """Who may use the invitation, and for how long."""

    role: Annotated[AccountRole, Meta(description="Role of the accounts that it makes.")]
    uses: Annotated[
        int,
        Meta(
            ge=-MAX_INT64 - 1,
            le=MAX_INT64,
            description="For how many accounts: 1 to 1000, for the role `admin` 1.",
            extra_json_schema=enforced_later(minimum=1, maximum=1000),
        ),
    ] = 1
    expires_at: Annotated[
        UnixTime | None,
        Meta(
            description="When it ends, up to 90 days ahead; in 7 days unless given. "
            "Unix time in seconds."
        ),
    ] = None


class Invitation(msgspec.Struct, kw_only=True):
    """An invitation to make one's own account."""

    invitation: Annotated[str, Meta(description="What is handed on. Secret; shown this once.")]
    invitation_id: Annotated[str, Meta(description="Id of the invitation, as in the audit.")]
    role: Annotated[AccountRole, Meta(description="Role of the accounts that it makes.")]
    uses: Annotated[int, Meta(description="For how many accounts it is good.")]
    expires_at: Annotated[Time, Meta(description="When it ends. Unix time in seconds.")]


class ListedInvitation(msgspec.Struct, kw_only=True):
    """An invitation that can be used, without its secret."""

    invitation_id: Annotated[str, Meta(description="Id of the invitation, as in the audit.")]
    role: Annotated[AccountRole, Meta(description="Role of the accounts that it makes.")]
    uses: Annotated[int, Meta(description="For how many accounts it is good.")]
    uses_left: Annotated[int, Meta(description="For how many accounts it is good from now on.")]
    created_at: Annotated[Time, Meta(description="When it was made. Unix time in seconds.")]
    expires_at: Annotated[Time, Meta(description="When it ends. Unix time in seconds.")]
    created_by: Annotated[
        str | None, Meta(description="Name of the admin who made it. Null for the command line.")
    ]

    @classmethod
    def of(cls, invitation: models.ListedInvitation) -> "ListedInvitation":
        return cls(
            invitation_id=invitation.invitation_id,
            role=invitation.role,
            uses=invitation.uses,
            uses_left=invitation.uses - invitation.used,
            created_at=to_unix(invitation.created_at),
            expires_at=to_unix(invitation.expires_at),
            created_by=invitation.created_by,
        )


class InvitationPage(msgspec.Struct, kw_only=True):
    """A page of the invitations that can be used."""

    items: Annotated[list[ListedInvitation], Meta(description="The first to end first.")]
    next_cursor: NextCursor
    registration: Annotated[
        Literal["closed", "invitation", "open"],
        Meta(
            description="Who may register, as `accounts.registration` says. With `closed`, no "
            "invitation can be used."
        ),
    ]


InvitationId = Annotated[str, Parameter(description="Id of the invitation.")]


@post(
    "/admin/invitations",
    opt=rules.only(rules.ADMIN),
    summary="Create an invitation",
    responses=documented(401, 403, 413),
)
async def create_invitation(request: ApiRequest, data: CreateInvitationRequest) -> Invitation:
    """Let others make their own account in a role."""
    issued = await request.services.invitations.issue_invitation(
        request.caller, data.role, data.uses, from_unix(data.expires_at)
    )
    invitation = issued.invitation
    return Invitation(
        invitation=issued.token,
        invitation_id=invitation.invitation_id,
        role=invitation.role,
        uses=invitation.uses,
        expires_at=to_unix(invitation.expires_at),
    )


@get(
    "/admin/invitations",
    opt=rules.only(rules.ADMIN),
    summary="List invitations",
    responses=documented(401, 403),
)
async def list_invitations(
    request: ApiRequest, cursor: Cursor = None, limit: Limit = 20
) -> InvitationPage:
    """List the invitations that can be used, the first to end first."""
    page, next_cursor = await request.services.invitations.list_valid(cursor, limit)
    return InvitationPage(
        items=[ListedInvitation.of(each) for each in page],
        next_cursor=next_cursor,
        registration=request.services.registration.mode,
    )


@delete(
    "/admin/invitations/{invitation_id:str}",
    opt=rules.only(rules.ADMIN),
    summary="Revoke an invitation",
    responses=documented(401, 403, 404),
)
async def revoke_invitation(request: ApiRequest, invitation_id: InvitationId) -> None:
    """End an invitation. The accounts that were made with it stay."""
    await request.services.invitations.revoke(request.caller, invitation_id)


HANDLERS = (create_invitation, list_invitations, revoke_invitation)
