"""Removal of a file: first from the list, then its object from the store.

The network call is between two transactions. Whatever its outcome, the file is no longer listed or
issued. Without confirmation by the store it stays `removed`, to be deleted later.
"""

import structlog

from classgate.accounts.models import Caller
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms.permissions import Permission
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import ObjectStore
from classgate.courseware import repository
from classgate.courseware.models import Upload, UploadState
from classgate.errors import ClassgateError, ClassroomNotFound, CloudError, CoursewareNotFound
from classgate.storage.database import Database, DatabaseConnection

log = structlog.get_logger("classgate.courseware")

_WAS_COURSEWARE = {UploadState.COMPLETE, UploadState.REMOVED, UploadState.DELETED}


class CoursewareRemoval:
    """Removes files, and deletes the objects of removed ones."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        classrooms: ClassroomService,
        objects: ObjectStore,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._classrooms = classrooms
        self._objects = objects
        self._clock = clock

    async def require_may_delete(self, caller: Caller, courseware_id: str) -> Upload:
        """Authorize early. CoursewareNotFound, PermissionDenied."""
        upload = await _get(self._database.reader, courseware_id)
        try:
            await self._classrooms.check_permission(
                caller, upload.classroom_id, Permission.DELETE_COURSEWARE
            )
        except ClassgateError as error:
            error.classroom_id = upload.classroom_id
            if isinstance(error, ClassroomNotFound):
                raise CoursewareNotFound from error
            raise
        return upload

    async def delete_courseware(self, caller: Caller, courseware_id: str) -> None:
        """Remove the file from the list for good, and delete its object if the store is available.

        Idempotent, also after the end of the class. CoursewareNotFound, PermissionDenied,
        NotAuthenticated.
        """
        upload = await self.require_may_delete(caller, courseware_id)
        async with self._database.transaction() as connection:
            try:
                current, _ = await self._classrooms.authorize(
                    connection, caller, upload.classroom_id, Permission.DELETE_COURSEWARE
                )
            except ClassroomNotFound as error:
                raise CoursewareNotFound from error
            complete, removed = UploadState.COMPLETE, UploadState.REMOVED
            if await self._move(connection, upload, complete, removed):
                await self._record(
                    connection, upload, AuditEvent.COURSEWARE_REMOVED, current.account_id
                )
        try:
            await self.delete_object(upload)
        except CloudError as error:
            log.warning(
                "deletion of a removed file failed; it will be retried",
                upload=courseware_id,
                code=error.code,
            )

    async def delete_object(self, upload: Upload) -> None:
        """Delete the object of a removed file and record it. CloudError: not now."""
        current = await _get(self._database.reader, upload.upload_id)
        if current.state is not UploadState.REMOVED:
            return
        await self._objects.delete_object(upload.object_key)
        async with self._database.transaction() as connection:
            if await self._move(connection, upload, UploadState.REMOVED, UploadState.DELETED):
                await self._record(connection, upload, AuditEvent.COURSEWARE_DELETED, None)

    async def _move(
        self,
        connection: DatabaseConnection,
        upload: Upload,
        from_state: UploadState,
        to_state: UploadState,
    ) -> bool:
        now = self._clock()
        return await repository.transition_state(
            connection, upload.upload_id, to_state, now, from_state
        )

    async def _record(
        self,
        connection: DatabaseConnection,
        upload: Upload,
        event: AuditEvent,
        actor_id: int | None,
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=self._clock(),
                account_id=upload.account_id,
                actor_id=actor_id,
                classroom_id=upload.classroom_id,
                details={"object_key": upload.object_key, "size": upload.size},
            ),
        )


async def _get(connection: DatabaseConnection, courseware_id: str) -> Upload:
    upload = await repository.find_any(connection, courseware_id)
    if upload is None or upload.state not in _WAS_COURSEWARE:
        raise CoursewareNotFound
    return upload
