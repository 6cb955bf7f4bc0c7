"""What the features need of the cloud, in their own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import TemporaryCredentials


@dataclass(frozen=True)
class StoredObject:
    """What the store says about an object that is there."""

    size: int  # bytes


@dataclass(frozen=True)
class UnfinishedUpload:
    """An upload in parts that was begun and neither completed nor aborted."""

    object_key: str
    upload_id: str  # the store's, not ours


class TemporaryCredentialsSource(Protocol):
    """Gives keys that can do exactly what a policy says, for a while."""

    async def issue_credentials(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        """CloudRejected or CloudUnavailable: nothing was given."""


class ObjectStore(Protocol):
    """The bucket, looked at and tidied with the service's own keys."""

    async def find_object(self, object_key: str) -> StoredObject | None:
        """What is stored under the key, or None. CloudRejected, CloudUnavailable."""

    async def delete_object(self, object_key: str) -> None:
        """Remove it; one that is not there is fine. CloudRejected, CloudUnavailable."""

    async def list_unfinished(self, prefix: str) -> Sequence[UnfinishedUpload]:
        """Uploads in parts whose key begins so; of very many, the first thousands.

        CloudRejected, CloudUnavailable.
        """

    async def abort_upload(self, upload: UnfinishedUpload) -> None:
        """Drop its parts; one that is over is fine. CloudRejected, CloudUnavailable."""

    def presign_download(
        self, object_key: str, file_name: str, at: datetime, expires_at: datetime
    ) -> str:
        """An address that opens with a plain HTTP client, as an attachment of that name."""


class VideoQueries(Protocol):
    """The video service, asked with the service's own key."""

    async def ask(
        self, action: str, method: Literal["GET", "POST"], parameters: Mapping[str, str]
    ) -> Mapping[str, object]:
        """What the service answers to one action that only reads, `code` 0 included.

        SigningError: the parameters cannot be signed, or bring one that is not the caller's to say.
        CloudRejected: its `cloud_code` is the service's own number. CloudUnavailable.
        """
