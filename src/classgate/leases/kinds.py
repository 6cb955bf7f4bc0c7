"""The kinds of credentials: the name of each and its audit events.

The one table to extend for a new kind. A kind with a `renewed` event also needs a row in
`classgate.api.leases`, which knows how it is renewed and answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from classgate.audit.models import AuditEvent


class LeaseKind(StrEnum):
    """The kind of credential."""

    USER_SIG = "user_sig"
    ENTRY = "entry"  # UserSig and PrivateMapKey of one classroom
    UPLOAD = "upload"  # temporary credentials for one object key
    UPLOAD_PREFIX = "upload_prefix"  # temporary credentials for a folder of one classroom
    COS_SIGNATURE = "cos_signature"
    DOWNLOAD = "download"  # presigned URLs of courseware
    VIDEO_QUERY = "video_query"  # a signature over one query to the video service
    VIDEO_UPLOAD = "video_upload"  # a signature that uploads one video


@dataclass(frozen=True, kw_only=True)
class KindEvents:
    """What the audit records about a kind of credential."""

    issued: AuditEvent
    renewed: AuditEvent | None = None  # None: it cannot be renewed
    contains_user_sig: bool = False


KINDS: Mapping[LeaseKind, KindEvents] = {
    LeaseKind.USER_SIG: KindEvents(
        issued=AuditEvent.USER_SIG_ISSUED,
        renewed=AuditEvent.USER_SIG_RENEWED,
        contains_user_sig=True,
    ),
    LeaseKind.ENTRY: KindEvents(
        issued=AuditEvent.ENTRY_ISSUED, renewed=AuditEvent.ENTRY_RENEWED, contains_user_sig=True
    ),
    LeaseKind.UPLOAD: KindEvents(
        issued=AuditEvent.UPLOAD_CREDENTIALS_ISSUED, renewed=AuditEvent.UPLOAD_CREDENTIALS_RENEWED
    ),
    LeaseKind.UPLOAD_PREFIX: KindEvents(
        issued=AuditEvent.UPLOAD_CREDENTIALS_ISSUED, renewed=AuditEvent.UPLOAD_CREDENTIALS_RENEWED
    ),
    LeaseKind.COS_SIGNATURE: KindEvents(issued=AuditEvent.COS_SIGNATURE_ISSUED),
    LeaseKind.DOWNLOAD: KindEvents(issued=AuditEvent.DOWNLOADS_ISSUED),
    LeaseKind.VIDEO_QUERY: KindEvents(issued=AuditEvent.VIDEO_QUERY_SIGNATURE_ISSUED),
    LeaseKind.VIDEO_UPLOAD: KindEvents(issued=AuditEvent.VIDEO_UPLOAD_SIGNATURE_ISSUED),
}
"""Every kind."""


@dataclass(frozen=True)
class SigningKeyNames:
    """The names of the keys with which this process signs."""

    im: str
    cloud: str

    def of(self, kind: LeaseKind) -> str:
        """Return the name of the key that makes this kind of credential, or asks STS for it."""
        return self.im if KINDS[kind].contains_user_sig else self.cloud
