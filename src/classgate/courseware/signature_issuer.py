"""Signs a path for the COS JSON API (v4) and records the signature. Authorization is elsewhere."""

from datetime import datetime

from classgate.accounts.models import Caller
from classgate.classrooms.access_times import closes_at
from classgate.classrooms.models import AccessContext, AccessWindows
from classgate.clock import Clock
from classgate.courseware.json_signer import JsonApiSigner
from classgate.courseware.models import BucketSettings, SignatureGrant, SignatureType
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease
from classgate.leases.service import LeaseService, new_lease_id
from classgate.storage.database import DatabaseConnection


class SignatureIssuer:
    """Issues signatures for one bucket, each under a lease."""

    def __init__(
        self,
        *,
        leases: LeaseService,
        signer: JsonApiSigner,
        store: BucketSettings,
        windows: AccessWindows,
        clock: Clock,
    ) -> None:
        self._leases = leases
        self._signer = signer
        self._store = store
        self._windows = windows
        self._clock = clock

    def is_own_bucket(self, bucket: str | None) -> bool:
        """Return whether a request names this bucket, with or without APPID, or none."""
        return bucket in {None, self._store.bucket, self._store.bucket_name}

    async def issue(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        access: AccessContext | None,
        signature_type: SignatureType,
        path: str,
        *,
        rule: str,
        resource: str,
        raw: bool = False,
    ) -> SignatureGrant:
        """Sign a path in the transaction that authorized the caller. TooManyAttempts.

        Args:
            connection: The transaction.
            caller: The authorized caller, as reloaded in it.
            access: The class that the path belongs to; None for a folder of the caller's own.
            signature_type: A single-use signature never expires; a reusable one ends with the class
                at the latest.
            path: The object name or folder, with its leading slash.
            rule: The rule that allowed it, for the audit.
            resource: What is signed, for the audit.
            raw: See `JsonApiSigner.sign`.
        """
        now = self._clock().replace(microsecond=0)
        reusable = signature_type is SignatureType.REUSABLE
        expires_at = self._expiry(access, now) if reusable else None
        sign = self._signer.sign(path, now, expires_at, raw=raw)
        lease = Lease(
            lease_id=new_lease_id(),
            kind=LeaseKind.COS_SIGNATURE,
            account_id=caller.account_id,
            session_id=caller.session_id,
            classroom_id=None if access is None else access.classroom.classroom_id,
            issued_at=now,
            expires_at=expires_at,
        )
        await self._leases.issue(
            connection,
            lease,
            rule=rule,
            credentials=(sign,),
            details={"resource": resource, "type": signature_type.value},
        )
        return self._store.grant_of(signature_type, path, sign, expires_at)

    def _expiry(self, access: AccessContext | None, now: datetime) -> datetime:
        latest = now + self._store.signature_lifetime
        closes = None if access is None else closes_at(access.classroom, self._windows)
        return latest if closes is None else min(latest, closes.replace(microsecond=0))
