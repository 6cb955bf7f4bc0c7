"""Video service access for teachers: signed or forwarded queries, and signed uploads.

The key has all permissions of its sub-account at Tencent. So only listed actions are signed, for
minutes, and an upload once.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from classgate.accounts.models import AccountRole, Caller
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.cloud.ports import VideoQueries
from classgate.errors import VerificationFailed
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease
from classgate.leases.service import LeaseService, new_lease_id
from classgate.legacy.videos.models import (
    QuerySignature,
    RawParameters,
    UploadSignature,
    VideoAccount,
    VideoQuery,
    VideoQueryRules,
)
from classgate.legacy.videos.parameters import read_query
from classgate.refusals import TeacherOnly, VideoActionNotAllowed, VideoQueryUntimely
from classgate.signing import vod_upload
from classgate.signing.cloud_api_v1 import (
    API_2_PATH,
    TOLERANCE,
    ParameterCall,
    issue_signature,
)
from classgate.signing.encoding import from_epoch, parse_decimal
from classgate.storage.database import Database, DatabaseConnection
from classgate.validation import field_error

HOST: Final = "vod.api.qcloud.com"
UPLOAD_LIFETIME: Final = timedelta(hours=1)

_RULE = "a teacher, for an action that only reads"
_UPLOAD_RULE = "a teacher, for one upload"


class VideoService:
    """Signs for the video service, and forwards queries of teachers."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseService,
        accounts: AccountService,
        queries: VideoQueries,
        account: VideoAccount,
        rules: VideoQueryRules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._accounts = accounts
        self._queries = queries
        self._account = account
        self._rules = rules
        self._clock = clock

    async def sign_query(
        self, caller: Caller, method: str, host: str, path: str, params: RawParameters
    ) -> QuerySignature:
        """Sign exactly this query, to be sent within five minutes.

        PermissionDenied: not a teacher, another service, an action that is not listed, no time or
        nonce, or a time over five minutes away. InvalidRequest: a parameter that cannot be signed.
        """
        async with self._database.transaction() as queries:
            current = await self._require_teacher(queries, caller)
            if (host, path) != (HOST, API_2_PATH):
                raise VideoActionNotAllowed("only queries to the video service are signed")
            query = read_query(self._rules, method, params)
            expires_at = self._require_timely(query) + TOLERANCE
            parameters = {**query.parameters, "SecretId": self._account.secret_id}
            call = ParameterCall(host, parameters, query.method, path, dotted_names=True)
            sign = issue_signature(call, secret_key=self._account.secret_key)
            lease = self._new_lease(current, LeaseKind.VIDEO_QUERY, expires_at)
            await self._leases.issue(
                queries,
                lease,
                rule=_RULE,
                credentials=(sign,),
                details={"resource": query.action},
            )
        return QuerySignature(
            sign=sign,
            secret_id=self._account.secret_id,
            signature_method=query.signature_method,
            expires_at=expires_at,
            lease_id=lease.lease_id,
        )

    async def issue_upload_signature(self, caller: Caller) -> UploadSignature:
        """Sign the upload of one video within an hour. PermissionDenied: not a teacher."""
        async with self._database.transaction() as queries:
            current = await self._require_teacher(queries, caller)
            now = self._clock().replace(microsecond=0)
            sign = vod_upload.issue_upload_signature(
                secret_id=self._account.secret_id,
                secret_key=self._account.secret_key,
                issued_at=now,
                lifetime=UPLOAD_LIFETIME,
                nonce=secrets.randbelow(vod_upload.MAX_NONCE + 1),
                options=[("oneTimeValid", "1")],
            )
            lease = self._new_lease(current, LeaseKind.VIDEO_UPLOAD, now + UPLOAD_LIFETIME)
            await self._leases.issue(queries, lease, rule=_UPLOAD_RULE, credentials=(sign,))
        return UploadSignature(
            sign=sign,
            secret_id=self._account.secret_id,
            expires_at=now + UPLOAD_LIFETIME,
            lease_id=lease.lease_id,
        )

    async def forward_query(
        self, caller: Caller, method: str, params: RawParameters
    ) -> Mapping[str, object]:
        """Forward a query with our key and return the answer; only its own parameters are used.

        PermissionDenied: not a teacher, or an action that is not listed. InvalidRequest: a
        parameter that cannot be sent. CloudRejected, whose `cloud_code` is a number;
        CloudUnavailable.
        """
        async with self._database.transaction() as queries:
            current = await self._require_teacher(queries, caller)
            query = read_query(self._rules, method, params)
            await self._audit.record(
                queries,
                AuditEntry(
                    event=AuditEvent.VIDEO_QUERY_FORWARDED,
                    at=self._clock(),
                    account_id=current.account_id,
                    actor_id=current.account_id,
                    rule=_RULE,
                    details={"action": query.action},
                ),
            )
        return await self._queries.query(query.action, query.method, query.own)

    async def _require_teacher(self, queries: DatabaseConnection, caller: Caller) -> Caller:
        """Reload the caller in this transaction. PermissionDenied, NotAuthenticated."""
        current = await self._accounts.reload_caller(queries, caller)
        if current.account.role is not AccountRole.TEACHER:
            raise TeacherOnly("only a teacher may use the video service")
        return current

    def _require_timely(self, query: VideoQuery) -> datetime:
        """Return the time of a query. PermissionDenied: no time, or no nonce."""
        for name in ("Timestamp", "Nonce"):
            if name not in query.parameters:
                raise VideoQueryUntimely(
                    f"a query without {name} is not signed: the cloud takes none"
                )
        try:
            at = from_epoch(parse_decimal(query.parameters["Timestamp"]))
        except VerificationFailed as error:
            raise field_error("Timestamp", "must be the time in Unix seconds") from error
        if abs(self._clock() - at) > TOLERANCE:
            raise VideoQueryUntimely("the time differs from ours by more than five minutes")
        return at

    def _new_lease(self, caller: Caller, kind: LeaseKind, expires_at: datetime) -> Lease:
        return Lease(
            lease_id=new_lease_id(),
            kind=kind,
            account_id=caller.account_id,
            session_id=caller.session_id,
            issued_at=self._clock().replace(microsecond=0),
            expires_at=expires_at,
        )
