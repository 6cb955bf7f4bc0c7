"""The seed's second call: a signature of the COS JSON API (v4) for one whole object name.

A single-use signature never expires by itself; an unused one is taken back only by a key rotation.
That is why each is good for one name alone, below `direct/` of one class.
"""

import secrets
from datetime import datetime

from classgate.accounts.models import Caller
from classgate.classrooms.models import Standing, Windows
from classgate.classrooms.permissions import Right, closes_at
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.courseware.models import SignatureGrant, SignatureType, Store
from classgate.courseware.object_keys import read_direct_path
from classgate.leases.models import Lease, LeaseKind
from classgate.leases.service import LeaseBook, new_lease_id
from classgate.signing.cos_json_request import issue_reusable, issue_single_use, object_file_id
from classgate.storage.database import Database
from classgate.texts import fault


class SignatureService:
    """Signs for the COS JSON API (v4), below `direct/` of a class."""

    def __init__(
        self,
        *,
        database: Database,
        leases: LeaseBook,
        classrooms: ClassroomService,
        store: Store,
        secret_id: str,
        secret_key: str,
        windows: Windows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._leases = leases
        self._classrooms = classrooms
        self._store = store
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._windows = windows
        self._clock = clock

    async def issue_signature(
        self,
        caller: Caller,
        signature_type: SignatureType,
        bucket: str | None,
        file_path: str,
    ) -> SignatureGrant:
        """A signature for one whole object name of a class that the caller may upload to.

        InvalidObjectPath, InvalidRequest for another bucket, ClassroomNotFound, PermissionDenied,
        OutsideWindow.
        """
        if bucket not in {None, self._store.bucket, self._store.bucket_name}:
            raise fault("bucket", "this is not the bucket of this installation; leave it out")
        classroom_id, object_key = read_direct_path(file_path)
        async with self._database.transaction() as queries:
            current, standing = await self._classrooms.admit(
                queries, caller, classroom_id, Right.UPLOAD
            )
            self._classrooms.require_not_over(standing.classroom)
            now = self._clock().replace(microsecond=0)
            expires_at = self._expiry(signature_type, standing, now)
            lease = Lease(
                lease_id=new_lease_id(),
                kind=LeaseKind.COS_SIGNATURE,
                account_id=current.account_id,
                session_id=current.session_id,
                classroom_id=classroom_id,
                issued_at=now,
                expires_at=expires_at,
            )
            sign = self._sign(file_path, now, expires_at)
            await self._leases.give(
                queries,
                lease,
                rule=f"{standing.role_name} of the class, which is not over",
                credentials=(sign,),
                details={"covers": object_key, "type": signature_type.value},
            )
        return self._grant(signature_type, file_path, sign, expires_at)

    def _expiry(
        self, signature_type: SignatureType, standing: Standing, now: datetime
    ) -> datetime | None:
        if signature_type is SignatureType.SINGLE_USE:
            return None
        closes = closes_at(standing.classroom, self._windows)
        latest = now + self._store.signature_lifetime
        return latest if closes is None else min(latest, closes.replace(microsecond=0))

    def _sign(self, file_path: str, now: datetime, expires_at: datetime | None) -> str:
        file_id = object_file_id(self._store.cloud_app_id, self._store.bucket_name, file_path)
        nonce = secrets.randbelow(2**32)
        if expires_at is None:
            return issue_single_use(
                cloud_app_id=self._store.cloud_app_id,
                bucket_name=self._store.bucket_name,
                secret_id=self._secret_id,
                secret_key=self._secret_key,
                file_id=file_id,
                issued_at=now,
                nonce=nonce,
            )
        return issue_reusable(
            cloud_app_id=self._store.cloud_app_id,
            bucket_name=self._store.bucket_name,
            secret_id=self._secret_id,
            secret_key=self._secret_key,
            issued_at=now,
            expires_at=expires_at,
            nonce=nonce,
            file_id=file_id,
        )

    def _grant(
        self,
        signature_type: SignatureType,
        file_path: str,
        sign: str,
        expires_at: datetime | None,
    ) -> SignatureGrant:
        store = self._store
        return SignatureGrant(
            sign=sign,
            signature_type=signature_type,
            bucket=store.bucket,
            file_path=file_path,
            region=store.region,
            cloud_app_id=store.cloud_app_id,
            upload_url=(
                f"{store.json_api_url}/files/v2/{store.cloud_app_id}/{store.bucket_name}{file_path}"
            ),
            expires_at=expires_at,
        )
