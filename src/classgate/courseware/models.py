"""Uploads, courseware files, and issued grants."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from classgate.signing.sts_messages import TemporaryCredentials


class UploadState(StrEnum):
    """The state: an upload is open until complete or abandoned; courseware exists until removed."""

    OPEN = "open"
    COMPLETE = "complete"
    ABANDONED = "abandoned"
    REMOVED = "removed"  # was complete; no longer listed or issued, its object may still be stored
    DELETED = "deleted"  # was removed; the store has confirmed the deletion


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An announced file and its object key; when complete, the courseware."""

    upload_id: str
    classroom_id: int
    account_id: int
    lease_id: str
    file_name: str
    size: int
    content_type: str
    object_key: str
    state: UploadState
    created_at: datetime
    completed_at: datetime | None

    @property
    def arrived_at(self) -> datetime:
        """When a complete file arrived."""
        return self.completed_at or self.created_at


@dataclass(frozen=True)
class NewUpload:
    """A file to be uploaded."""

    file_name: str
    size: int  # bytes
    content_type: str


@dataclass(frozen=True, kw_only=True)
class UploadGrant:
    """Temporary credentials and their scope. `upload` is None for a folder's grant."""

    upload: Upload | None
    prefix: str | None
    bucket: str
    bucket_url: str
    region: str
    credentials: TemporaryCredentials
    refresh_after: datetime
    server_time: datetime
    lease_id: str


class SignatureType(StrEnum):
    """How often a signature of the COS JSON API (v4) may be used."""

    SINGLE_USE = "single_use"
    REUSABLE = "reusable"


@dataclass(frozen=True, kw_only=True)
class SignatureGrant:
    """A signature of the COS JSON API (v4) for one whole object name."""

    sign: str
    signature_type: SignatureType
    bucket: str
    file_path: str
    region: str
    cloud_app_id: str
    upload_url: str
    expires_at: datetime | None  # None: a single-use signature never expires

    @property
    def bucket_name(self) -> str:
        """The short name, without the app id, as it stands in the signature."""
        return self.bucket.removesuffix(f"-{self.cloud_app_id}")


@dataclass(frozen=True)
class BucketSettings:
    """The bucket, and what may be put into it."""

    cloud_app_id: str
    bucket: str  # with the app id, as in courseware-1250000000
    region: str
    max_size: int  # bytes
    allowed_types: tuple[str, ...]
    credential_lifetime: timedelta
    signature_lifetime: timedelta
    url: str  # scheme and host of the bucket
    json_api_url: str  # scheme and host of the JSON API (v4)

    @property
    def bucket_name(self) -> str:
        """The short name, without the app id, as the JSON API (v4) wants it."""
        return self.bucket.removesuffix(f"-{self.cloud_app_id}")

    def grant_of(
        self,
        signature_type: SignatureType,
        file_path: str,
        sign: str,
        expires_at: datetime | None,
    ) -> SignatureGrant:
        """A signature with everything that its client needs to use it."""
        address = f"{self.json_api_url}/files/v2/{self.cloud_app_id}/{self.bucket_name}{file_path}"
        return SignatureGrant(
            sign=sign,
            signature_type=signature_type,
            bucket=self.bucket,
            file_path=file_path,
            region=self.region,
            cloud_app_id=self.cloud_app_id,
            upload_url=address,
            expires_at=expires_at,
        )


@dataclass(frozen=True)
class Uploader:
    """The account that uploaded a file."""

    identifier: str
    display_name: str


@dataclass(frozen=True)
class StoredFile:
    """A complete upload and its uploader; None: the account was deleted."""

    upload: Upload
    uploader: Uploader | None


@dataclass(frozen=True)
class Courseware:
    """A complete file with a temporary download address."""

    file: StoredFile
    download_url: str
    download_expires_at: datetime

    @property
    def upload(self) -> Upload:
        return self.file.upload
