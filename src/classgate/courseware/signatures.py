"""Signatures of the COS JSON API (v4), each for one object name.

A single-use signature never expires by itself; only a key rotation invalidates an unused one. So
each is valid for one name alone, below `direct/` of one class.
"""

from classgate.accounts.models import Caller
from classgate.classrooms.permissions import Permission
from classgate.classrooms.service import ClassroomService
from classgate.courseware.models import SignatureGrant, SignatureType
from classgate.courseware.object_keys import read_direct_path
from classgate.courseware.signature_issuer import SignatureIssuer
from classgate.storage.database import Database
from classgate.validation import field_error


class SignatureService:
    """Signs for the COS JSON API (v4), below `direct/` of a class."""

    def __init__(
        self, *, database: Database, classrooms: ClassroomService, issuer: SignatureIssuer
    ) -> None:
        self._database = database
        self._classrooms = classrooms
        self._issuer = issuer

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
        if not self._issuer.is_own_bucket(bucket):
            raise field_error("bucket", "this is not the bucket of this installation; leave it out")
        classroom_id, object_key = read_direct_path(file_path)
        async with self._database.transaction() as connection:
            current, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.UPLOAD
            )
            self._classrooms.require_not_ended(access.classroom)
            return await self._issuer.issue(
                connection,
                current,
                access,
                signature_type,
                file_path,
                rule=f"{access.role_name} of the class, which is not over",
                resource=object_key,
            )
