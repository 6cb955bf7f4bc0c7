"""Renewing whatever was given."""

from typing import Annotated

from litestar import post
from litestar.params import Parameter

from classgate.accounts.models import Caller, UserSigGrant
from classgate.api import rules
from classgate.api.accounts import UserSig
from classgate.api.courseware import UploadCredentials
from classgate.api.entry import EntryCredentials
from classgate.api.problems import documented
from classgate.app.application import Application
from classgate.classrooms import models

LeaseIdInPath = Annotated[str, Parameter(description="Id of the lease.")]


@post(
    "/leases/{lease_id:str}/renew",
    guards=[rules.LEASE_OWNER],
    summary="Renew a lease",
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def renew_lease(
    lease_id: LeaseIdInPath, caller: Caller, application: Application
) -> UserSig | EntryCredentials | UploadCredentials:
    """Issue the same credential again, by the same admission, under the same lease."""
    grant = await application.renew_lease(caller, lease_id)
    if isinstance(grant, UserSigGrant):
        return UserSig.of(grant)
    if isinstance(grant, models.EntryCredentials):
        return EntryCredentials.of(grant)
    return UploadCredentials.of(grant)


HANDLERS = (renew_lease,)
