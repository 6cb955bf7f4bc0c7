"""Invitations: admins issue them, and list and revoke those that can be used."""

from typing import Annotated

import msgspec
from litestar import post
from msgspec import Meta

from classgate.accounts.models import AccountRole
from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_INT64,
    Body,
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


HANDLERS = (create_invitation,)
