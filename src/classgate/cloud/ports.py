"""The interfaces to the cloud that the features need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import TemporaryCredentials


@dataclass(frozen=True)
class StoredObject:
    """The metadata of a stored object."""

    size: int  # bytes


@dataclass(frozen=True)
class UnfinishedUpload:
    """A multipart upload that was begun and neither completed nor aborted."""

    object_key: str
    upload_id: str  # the store's id, not ours


class TemporaryCredentialsSource(Protocol):
    """Issues temporary keys for exactly one policy."""

    async def issue_credentials(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        """Issue keys. CloudRejected or CloudUnavailable: nothing was issued."""


class CloudService(Protocol):
    """A service of the cloud, as far as its recent answers show."""

    def require_available(self) -> None:
        """Require that a call would be made now, and make none. CloudUnavailable."""


class ObjectStore(Protocol):
    """The object store, with the service's own key."""

    async def find_object(self, object_key: str) -> StoredObject | None:
        """Return the object's metadata, or None. CloudRejected, CloudUnavailable."""

    async def delete_object(self, object_key: str) -> None:
        """Delete the object; a missing one is fine. CloudRejected, CloudUnavailable."""

    async def list_unfinished(self, prefix: str) -> Sequence[UnfinishedUpload]:
        """List multipart uploads by key prefix; of very many, the first thousands.

        CloudRejected, CloudUnavailable.
        """

    async def abort_upload(self, upload: UnfinishedUpload) -> None:
        """Abort the upload; a finished one is fine. CloudRejected, CloudUnavailable."""

    def presign_download(
        self, object_key: str, file_name: str, at: datetime, expires_at: datetime
    ) -> str:
        """Return an address for a plain HTTP client, as an attachment of that name."""


class VideoQueries(Protocol):
    """The video service, with the service's own key."""

    async def query(
        self, action: str, method: Literal["GET", "POST"], parameters: Mapping[str, str]
    ) -> Mapping[str, object]:
        """Send one read-only action; return the answer, which has `code` 0.

        SigningError: the parameters cannot be signed, or are reserved. CloudRejected: its
        `cloud_code` is the service's number. CloudUnavailable.
        """


class Treatment(StrEnum):
    """What becomes of a call that the cloud answered."""

    DONE = "done"  # what was wanted is so
    RETRY = "retry"
    IMPORT = "import"  # IM does not know the account: import it, then repeat
    FINAL = "final"  # the same call never succeeds
    ALARM = "alarm"  # no call succeeds until the operator acts


@dataclass(frozen=True)
class CloudAnswer:
    """An answer of the cloud. `code` is its own, and safe to log and to store."""

    treatment: Treatment
    code: str = ""
    content: Mapping[str, object] = field(default_factory=dict)


class ImService(Protocol):
    """The IM service, as its administrator."""

    @property
    def admin_identifier(self) -> str:
        """Return the administrator, who owns the groups of classes."""

    async def call(self, command: str, body: Mapping[str, object]) -> CloudAnswer:
        """Send one command. CloudUnavailable: there was no answer; it may have been done."""


class RoomService(Protocol):
    """The audio/video rooms. Each method may raise CloudUnavailable: it may have been done."""

    @property
    def can_block(self) -> bool:
        """Return whether the service can take audio and video from a user."""

    async def remove_users(self, room_id: int, identifiers: Sequence[str]) -> CloudAnswer:
        """Remove up to ten users from a room."""

    async def dismiss_room(self, room_id: int) -> CloudAnswer:
        """Remove everybody from a room."""

    async def block_user(
        self, room_id: int, identifier: str, *, audio: bool, video: bool
    ) -> CloudAnswer:
        """Take audio, video or both from a user in a room; neither gives both back."""
