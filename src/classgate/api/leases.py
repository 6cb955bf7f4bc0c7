"""Renewing whatever was given."""

from litestar import post

from classgate.accounts.models import Caller, UserSigGrant
from classgate.api import rules
from classgate.api.accounts import UserSigView
from classgate.api.classrooms import EntryCredentialsView
from classgate.api.courseware import GrantView
from classgate.api.problems import documented
from classgate.app.application import Application
from classgate.classrooms.models import EntryCredentials


@post(
    "/leases/{lease_id:str}/renew",
    guards=[rules.LEASE_OWNER],
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def renew(
    lease_id: str, caller: Caller, application: Application
) -> UserSigView | EntryCredentialsView | GrantView:
    """The same as at first, by the same admission, under the same lease."""
    grant = await application.renew_lease(caller, lease_id)
    if isinstance(grant, UserSigGrant):
        return UserSigView.of(grant)
    if isinstance(grant, EntryCredentials):
        return EntryCredentialsView.of(grant)
    return GrantView.of(grant)


HANDLERS = (renew,)
