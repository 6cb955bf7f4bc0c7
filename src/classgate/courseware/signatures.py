"""Signatures of the COS JSON API (v4), each for one object name.

A single-use signature never expires by itself; only a key rotation invalidates an unused one. So
each is valid for one name alone, below `direct/` of one class.
"""

from datetime import datetime

from classgate.accounts.models import Caller
from classgate.classrooms.models import AccessContext, AccessWindows
from classgate.classrooms.permissions import Permission, closes_at
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.courseware.json_signer import JsonApiSigner
from classgate.courseware.models import BucketSettings, SignatureGrant, SignatureType
from classgate.courseware.object_keys import read_direct_path
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease
from classgate.leases.service import LeaseService, new_lease_id
from classgate.storage.database import Database
from classgate.validation import field_error


class SignatureService:
    """Signs for the COS JSON API (v4), below `direct/` of a class."""

    def __init__(
        self,
        *,
        database: Database,
        leases: LeaseService,
        classrooms: ClassroomService,
        signer: JsonApiSigner,
        store: BucketSettings,
        windows: AccessWindows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._leases = leases
        self._classrooms = classrooms
        self._signer = signer
        self._store = store
        self._windows = windows
        self._clock = clock

    async def issue_signature(
        self,
        caller: Caller,
        signature_type: SignatureType,
        bucket: str | None,
        file_path: str,
    ) -> SignatureGrant:
        """Issue a signature for one object name of a class to which the caller may upload.

        InvalidObjectPath, InvalidRequest for another bucket, ClassroomNotFound, PermissionDenied,
        OutsideAccessWindow.
        """
        if bucket not in {None, self._store.bucket, self._store.bucket_name}:
            raise field_error("bucket", "this is not the bucket of this installation; leave it out")
        classroom_id, object_key = read_direct_path(file_path)
        async with self._database.transaction() as connection:
            current, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.UPLOAD
            )
            self._classrooms.require_not_ended(access.classroom)
            now = self._clock().replace(microsecond=0)
            expires_at = self._expiry(signature_type, access, now)
            lease = Lease(
                lease_id=new_lease_id(),
                kind=LeaseKind.COS_SIGNATURE,
                account_id=current.account_id,
                session_id=current.session_id,
                classroom_id=classroom_id,
                issued_at=now,
                expires_at=expires_at,
            )
            sign = self._signer.sign(file_path, now, expires_at)
            await self._leases.issue(
                connection,
                lease,
                rule=f"{access.role_name} of the class, which is not over",
                credentials=(sign,),
                details={"resource": object_key, "type": signature_type.value},
            )
        return self._store.grant_of(signature_type, file_path, sign, expires_at)

    def _expiry(
        self, signature_type: SignatureType, access: AccessContext, now: datetime
    ) -> datetime | None:
        if signature_type is SignatureType.SINGLE_USE:
            return None
        closes = closes_at(access.classroom, self._windows)
        latest = now + self._store.signature_lifetime
        return latest if closes is None else min(latest, closes.replace(microsecond=0))
