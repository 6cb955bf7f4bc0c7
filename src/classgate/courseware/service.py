"""Courseware uploads: announce a file, get credentials for its one key, confirm its arrival.

Also credentials for a folder, once for a whole lesson.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from classgate.accounts.models import Caller
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms.models import AccessContext
from classgate.classrooms.permissions import Permission
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import ObjectStore
from classgate.courseware import object_keys, repository, upload_policy
from classgate.courseware.action_rules import DOWNLOAD_RULE, UPLOAD_RULE
from classgate.courseware.content_types import content_type_of, describe
from classgate.courseware.credentials import CredentialRequest, CredentialService, UploadReservation
from classgate.courseware.models import (
    BucketSettings,
    Courseware,
    NewUpload,
    StoredFile,
    Upload,
    Uploader,
    UploadGrant,
    UploadState,
)
from classgate.errors import LeaseNotFound, UploadNotFound
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease, LeaseScope, refresh_after
from classgate.leases.service import LeaseService, new_lease_id
from classgate.refusals import (
    FileTooLarge,
    UploadClosed,
    UploadComplete,
    UploadNotInStore,
    UploadSizeDiffers,
)
from classgate.signing.sts_messages import TemporaryCredentials
from classgate.storage.cursors import read_time_and_id, split_page, write_time_and_id
from classgate.storage.database import (
    Database,
    DatabaseConnection,
)
from classgate.validation import clean_line, field_error

FILE_NAME_LENGTH = 255
_UPLOAD_ID = "u[0-9a-f]{24}"
DOWNLOAD_LIFETIME = timedelta(hours=1)


class CoursewareService:
    """Manages uploads from announcement to arrival, and the files of a class."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseService,
        accounts: AccountService,
        classrooms: ClassroomService,
        credentials_service: CredentialService,
        objects: ObjectStore,
        store: BucketSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._accounts = accounts
        self._classrooms = classrooms
        self._credentials_service = credentials_service
        self._objects = objects
        self._store = store
        self._clock = clock

    # ── credentials ─────────────────────────────────────────────────────────────────────────────

    async def open_upload(self, caller: Caller, classroom_id: int, new: NewUpload) -> UploadGrant:
        """Open an upload: choose an object key and issue credentials for it alone.

        ClassroomNotFound, PermissionDenied, OutsideAccessWindow, InvalidRequest, TooLarge,
        CloudError.
        """
        clean = self._require_acceptable(new)
        upload_id = f"u{secrets.token_hex(12)}"
        lease = self._credentials_service.new_lease(
            caller, UPLOAD_RULE.kind, classroom_id, upload_id
        )
        upload = Upload(
            upload_id=upload_id,
            classroom_id=classroom_id,
            account_id=caller.account_id,
            lease_id=lease.lease_id,
            file_name=clean.file_name,
            size=clean.size,
            content_type=clean.content_type,
            object_key=object_keys.for_upload(classroom_id, upload_id, clean.file_name),
            state=UploadState.OPEN,
            created_at=lease.issued_at,
            completed_at=None,
        )

        request = self._request_for(upload)
        async with self._database.transaction() as connection:
            access = await self._credentials_service.authorize(connection, caller, classroom_id)
            await repository.add(connection, upload)
            reserved = await self._credentials_service.reserve(connection, access, lease, request)
        reservation = UploadReservation(reserved, upload_id)
        credentials = await self._credentials_service.obtain(
            caller, classroom_id, reservation, request
        )
        return self._grant(credentials, lease.lease_id, upload=upload)

    async def renew_upload(self, caller: Caller, upload_id: str) -> UploadGrant:
        """Renew credentials until the upload is complete or abandoned.

        Under its lease, or under a new one if that ended, for example with its session.
        UploadNotFound, UploadConflict, and all that `open_upload` raises.
        """
        connection = self._database.reader
        upload = await self._get_upload(connection, caller, upload_id)
        # Report a lost permission first, then the state of the upload.
        await self._credentials_service.check_permission(caller, upload.classroom_id)
        _require_open(upload)
        lease = await self._leases.find_owned(
            connection, upload.lease_id, LeaseKind.UPLOAD, caller.account_id
        )
        request = self._request_for(upload)
        if lease is not None and self._leases.is_renewable(lease, self._clock()):
            credentials = await self._credentials_service.renew(
                caller, upload.classroom_id, lease, request
            )
        else:
            lease = self._credentials_service.new_lease(
                caller, LeaseKind.UPLOAD, upload.classroom_id, upload_id
            )
            credentials = await self._reopen(caller, upload, lease, request)
        return self._grant(credentials, lease.lease_id, upload=upload)

    async def _reopen(
        self, caller: Caller, upload: Upload, lease: Lease, request: CredentialRequest
    ) -> TemporaryCredentials:
        """Attach an open upload to a new lease. UploadConflict: it was closed meanwhile."""
        classroom_id = upload.classroom_id
        async with self._database.transaction() as connection:
            access = await self._credentials_service.authorize(connection, caller, classroom_id)
            if not await repository.set_lease(connection, upload.upload_id, lease.lease_id):
                raise UploadClosed("the upload was closed meanwhile; open a new one")
            reserved = await self._credentials_service.reserve(connection, access, lease, request)
        return await self._credentials_service.obtain(caller, classroom_id, reserved, request)

    async def issue_folder_credentials(self, caller: Caller, classroom_id: int) -> UploadGrant:
        """Issue credentials for a folder of the class that belongs to this lease. Raises as
        above.
        """
        lease = self._credentials_service.new_lease(
            caller, LeaseKind.UPLOAD_PREFIX, classroom_id, None
        )
        prefix = object_keys.prefix_for_lease(classroom_id, lease.lease_id)
        request = CredentialRequest(prefix, upload_policy.for_prefix(self._store, prefix))
        credentials = await self._credentials_service.issue(caller, classroom_id, lease, request)
        return self._grant(credentials, lease.lease_id, prefix=prefix)

    async def renew_upload_lease(self, caller: Caller, lease_id: str) -> UploadGrant:
        """Renew the credentials of an upload by its lease.

        LeaseNotFound, LeaseEnded, and all that `renew_upload` raises.
        """
        _, lease = await self._get_renewable(caller, lease_id, LeaseKind.UPLOAD)
        if lease.upload_id is None:
            raise LeaseNotFound
        return await self.renew_upload(caller, lease.upload_id)

    async def renew_folder_lease(self, caller: Caller, lease_id: str) -> UploadGrant:
        """Renew the credentials of a folder by their lease.

        LeaseNotFound, LeaseEnded, and all that `issue_folder_credentials` raises.
        """
        classroom_id, lease = await self._get_renewable(caller, lease_id, LeaseKind.UPLOAD_PREFIX)
        prefix = object_keys.prefix_for_lease(classroom_id, lease_id)
        request = CredentialRequest(prefix, upload_policy.for_prefix(self._store, prefix))
        credentials = await self._credentials_service.renew(caller, classroom_id, lease, request)
        return self._grant(credentials, lease_id, prefix=prefix)

    async def _get_renewable(
        self, caller: Caller, lease_id: str, kind: LeaseKind
    ) -> tuple[int, Lease]:
        """Return the class and the lease. LeaseNotFound, LeaseEnded, and lost permissions."""
        lease = await self._leases.get_owned(
            self._database.reader, lease_id, kind, caller.account_id
        )
        if lease.classroom_id is None:
            raise LeaseNotFound
        await self._credentials_service.check_permission(caller, lease.classroom_id)
        self._leases.require_renewable(lease, self._clock())
        return lease.classroom_id, lease

    # ── the end of an upload ────────────────────────────────────────────────────────────────────

    async def require_owner(self, caller: Caller, upload_id: str) -> Upload:
        """Return the upload that the caller opened. UploadNotFound."""
        return await self._get_upload(self._database.reader, caller, upload_id)

    async def complete_upload(self, caller: Caller, upload_id: str) -> Courseware:
        """Complete the upload if the store has the announced size. Idempotent.

        UploadNotFound; UploadConflict: missing, of another size, or abandoned; CloudError.
        """
        upload = await self._get_upload(self._database.reader, caller, upload_id)
        await self._classrooms.check_permission(caller, upload.classroom_id, Permission.UPLOAD)
        if upload.state is UploadState.COMPLETE:
            return await self._issue_download(caller, upload_id)
        _require_open(upload)
        found = await self._objects.find_object(upload.object_key)
        if found is None:
            raise UploadNotInStore
        if found.size != upload.size:
            raise UploadSizeDiffers(found.size, upload.size)
        async with self._database.transaction() as connection:
            await self._classrooms.authorize(
                connection, caller, upload.classroom_id, Permission.UPLOAD
            )
            await self._close(connection, upload, UploadState.COMPLETE, AuditEvent.UPLOAD_COMPLETED)
        return await self._issue_download(caller, upload_id)

    async def abandon_upload(self, caller: Caller, upload_id: str) -> None:
        """Abandon the upload and end its lease. Idempotent. UploadNotFound; UploadConflict."""
        async with self._database.transaction() as connection:
            await self._accounts.reload_caller(connection, caller)
            upload = await self._get_upload(connection, caller, upload_id)
            if upload.state not in {UploadState.OPEN, UploadState.ABANDONED}:
                raise UploadComplete
            await self._close(
                connection, upload, UploadState.ABANDONED, AuditEvent.UPLOAD_ABANDONED
            )

    async def _close(
        self, connection: DatabaseConnection, upload: Upload, state: UploadState, event: AuditEvent
    ) -> None:
        """Close an open upload and end its lease; do nothing if it is closed."""
        now = self._clock()
        if not await repository.transition_state(connection, upload.upload_id, state, now):
            return
        await self._leases.end(connection, LeaseScope(upload_id=upload.upload_id), now, state.value)
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=now,
                account_id=upload.account_id,
                actor_id=upload.account_id,
                classroom_id=upload.classroom_id,
                lease_id=upload.lease_id,
                details={"object_key": upload.object_key, "size": upload.size},
            ),
        )

    # ── the files of a class ────────────────────────────────────────────────────────────────────

    async def list_courseware(
        self, caller: Caller, classroom_id: int, cursor: str | None, limit: int
    ) -> tuple[list[Courseware], str | None]:
        """Return a page of complete files, newest first, each with a download address.

        An address is a credential: it is issued under a lease and recorded. ClassroomNotFound,
        PermissionDenied, InvalidRequest.
        """
        before = read_time_and_id(cursor, _UPLOAD_ID)
        async with self._database.transaction() as connection:
            current, access = await self._classrooms.authorize(
                connection, caller, classroom_id, DOWNLOAD_RULE.permission
            )
            found = await repository.list_complete(connection, classroom_id, before, limit + 1)
            page, next_cursor = split_page(found, limit, _cursor_of)
            given = await self._issue_downloads(connection, current, access, page)
        return given, next_cursor

    async def _issue_download(self, caller: Caller, upload_id: str) -> Courseware:
        """Return a complete upload with its address. UploadConflict: it is not complete."""
        async with self._database.transaction() as connection:
            upload = await self._get_upload(connection, caller, upload_id)
            current, access = await self._classrooms.authorize(
                connection, caller, upload.classroom_id, DOWNLOAD_RULE.permission
            )
            if upload.state is not UploadState.COMPLETE:
                _require_open(upload)
            own = current.account
            file = StoredFile(upload, Uploader(own.identifier, own.display_name))
            (given,) = await self._issue_downloads(connection, current, access, [file])
            return given

    def _presign(self, upload: Upload, now: datetime, expires_at: datetime) -> str:
        return self._objects.presign_download(upload.object_key, upload.file_name, now, expires_at)

    async def _issue_downloads(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        access: AccessContext,
        files: Sequence[StoredFile],
    ) -> list[Courseware]:
        """Sign an address for each file and record them."""
        now = self._clock().replace(microsecond=0)
        expires_at = now + DOWNLOAD_LIFETIME
        given = [
            Courseware(each, self._presign(each.upload, now, expires_at), expires_at)
            for each in files
        ]
        if given:
            lease = Lease(
                lease_id=new_lease_id(),
                kind=DOWNLOAD_RULE.kind,
                account_id=caller.account_id,
                session_id=caller.session_id,
                classroom_id=access.classroom.classroom_id,
                issued_at=now,
                expires_at=expires_at,
            )
            await self._leases.issue(
                connection,
                lease,
                rule=f"{access.role_name} of the class",
                credentials=tuple(each.download_url for each in given),
                details={"resource": " ".join(each.upload.upload_id for each in given)},
            )
        return given

    # ── small parts ─────────────────────────────────────────────────────────────────────────────

    def _require_acceptable(self, new: NewUpload) -> NewUpload:
        file_name = clean_line("file_name", new.file_name, FILE_NAME_LENGTH)
        if "/" in file_name or "\\" in file_name or file_name in {".", ".."}:
            raise field_error("file_name", "expected the name of one file, without a folder")
        if new.size < 1:
            raise field_error("size", "a file has at least one byte")
        if new.size > self._store.max_size:
            raise FileTooLarge(self._store.max_size)
        allowed = self._store.allowed_types
        content_type = content_type_of(file_name, new.content_type, allowed)
        if content_type is None:
            message = f"this kind of file is not accepted; accepted are {describe(allowed)}"
            raise field_error("content_type", message)
        return NewUpload(file_name, new.size, content_type)

    def _request_for(self, upload: Upload) -> CredentialRequest:
        return CredentialRequest(
            upload.object_key, upload_policy.for_object(self._store, upload.object_key)
        )

    def _grant(
        self,
        credentials: TemporaryCredentials,
        lease_id: str,
        *,
        upload: Upload | None = None,
        prefix: str | None = None,
    ) -> UploadGrant:
        return UploadGrant(
            upload=upload,
            prefix=prefix,
            bucket=self._store.bucket,
            bucket_url=self._store.url,
            region=self._store.region,
            credentials=credentials,
            refresh_after=refresh_after(credentials.starts_at, credentials.expires_at),
            server_time=self._clock(),
            lease_id=lease_id,
        )

    async def _get_upload(
        self, connection: DatabaseConnection, caller: Caller, upload_id: str
    ) -> Upload:
        upload = await repository.find(connection, upload_id, caller.account_id)
        if upload is None:
            raise UploadNotFound
        return upload


def _require_open(upload: Upload) -> None:
    if upload.state is UploadState.COMPLETE:
        raise UploadComplete
    if upload.state is not UploadState.OPEN:
        raise UploadClosed(f"the upload is {upload.state.value}; open a new one")


def _cursor_of(file: StoredFile) -> str:
    return write_time_and_id(file.upload.arrived_at, file.upload.upload_id)
