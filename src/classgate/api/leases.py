"""Renewal of leases."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar

from litestar import post
from litestar.params import Parameter

from classgate.accounts.models import Caller
from classgate.api import rules
from classgate.api.accounts import UserSig
from classgate.api.courseware import UploadCredentials
from classgate.api.entry import EntryCredentials
from classgate.api.places import change_place
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.services import ApiServices
from classgate.leases.kinds import LeaseKind
from classgate.metrics import RequestClass
from classgate.refusals import LeaseNotRenewable

LeaseIdInPath = Annotated[str, Parameter(description="Id of the lease.")]
Renewed = UserSig | EntryCredentials | UploadCredentials
Renewal = Callable[[Caller, str], Awaitable[Renewed]]
Grant = TypeVar("Grant")


def _renewal(
    renew: Callable[[Caller, str], Awaitable[Grant]], answer_of: Callable[[Grant], Renewed]
) -> Renewal:
    async def renewal(caller: Caller, lease_id: str) -> Renewed:
        return answer_of(await renew(caller, lease_id))

    return renewal


def renewals_of(services: ApiServices) -> Mapping[LeaseKind, Renewal]:
    """Return how each renewable kind of lease is renewed, and what the answer is.

    Their names and audit events are in `classgate.leases.kinds`.
    """
    return {
        LeaseKind.USER_SIG: _renewal(services.accounts.renew_user_sig, UserSig.of),
        LeaseKind.ENTRY: _renewal(services.entry.renew_entry, EntryCredentials.of),
        LeaseKind.UPLOAD: _renewal(services.courseware.renew_upload_lease, UploadCredentials.of),
        LeaseKind.UPLOAD_PREFIX: _renewal(
            services.courseware.renew_folder_lease, UploadCredentials.of
        ),
    }


@post(
    "/leases/{lease_id:str}/renew",
    opt=rules.only(rules.LEASE_OWNER),
    summary="Renew a lease",
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def renew_lease(request: ApiRequest, lease_id: LeaseIdInPath) -> Renewed:
    """Authorize the caller again and issue a new credential under the same lease."""
    services = request.services
    lease = await services.leases.get_owned(request.caller.account_id, lease_id)
    renewal = renewals_of(services).get(lease.kind)
    if renewal is None:
        raise LeaseNotRenewable
    if lease.kind in {LeaseKind.UPLOAD, LeaseKind.UPLOAD_PREFIX}:
        await change_place(request.scope, RequestClass.CLOUD)
    return await renewal(request.caller, lease_id)


HANDLERS = (renew_lease,)
