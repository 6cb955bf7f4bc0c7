"""Uploading courseware, and the seed's two calls: credentials before class, and signatures."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, post

from classgate.accounts.models import Caller
from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.schema import Body, Cursor, Limit, Page, to_unix, to_unix_or_none
from classgate.app.application import Application
from classgate.classrooms.permissions import Permission
from classgate.courseware.models import (
    Courseware,
    NewUpload,
    SignatureGrant,
    SignatureType,
    UploadGrant,
)

ClassRequest = Request[Any, Any, Any]

# The seed's numbers: 0 is single use, 1 reusable. (The legacy door has them the other way round.)
_TYPES = {
    "single_use": SignatureType.SINGLE_USE,
    0: SignatureType.SINGLE_USE,
    "reusable": SignatureType.REUSABLE,
    1: SignatureType.REUSABLE,
}


class UploadBody(Body):
    file_name: str
    size: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1, description="bytes")]
    content_type: Annotated[str, msgspec.Meta(max_length=200)]


class SignatureBody(Body):
    type: Literal["single_use", "reusable", 0, 1]
    file_path: Annotated[str, msgspec.Meta(max_length=2000)]
    bucket: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class KeysView(msgspec.Struct, rename="camel"):
    """In the spelling that Tencent's client SDKs read."""

    tmp_secret_id: str
    tmp_secret_key: str
    session_token: str


class GrantView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Temporary credentials and where they are good: one `object_key`, or a `prefix`."""

    bucket: str
    region: str
    credentials: KeysView
    start_time: int = msgspec.field(name="startTime")
    expired_time: int = msgspec.field(name="expiredTime")
    server_time: int
    refresh_after: int
    lease_id: str
    upload_id: str | None = None
    object_key: str | None = None
    prefix: str | None = None

    @classmethod
    def of(cls, grant: UploadGrant) -> "GrantView":
        keys, upload = grant.credentials, grant.upload
        return cls(
            bucket=grant.bucket,
            region=grant.region,
            credentials=KeysView(keys.secret_id, keys.secret_key, keys.session_token),
            start_time=to_unix(keys.starts_at),
            expired_time=to_unix(keys.expires_at),
            server_time=to_unix(grant.server_time),
            refresh_after=to_unix(grant.refresh_after),
            lease_id=grant.lease_id,
            upload_id=None if upload is None else upload.upload_id,
            object_key=None if upload is None else upload.object_key,
            prefix=grant.prefix,
        )


class CoursewareView(msgspec.Struct, kw_only=True):
    """A file that arrived. `download_url` opens with a plain HTTP client, as an attachment."""

    id: str
    file_name: str
    size: int
    content_type: str
    created_at: int
    download_url: str
    download_expires_at: int

    @classmethod
    def of(cls, courseware: Courseware) -> "CoursewareView":
        upload = courseware.upload
        return cls(
            id=upload.upload_id,
            file_name=upload.file_name,
            size=upload.size,
            content_type=upload.content_type,
            created_at=to_unix(upload.completed_at or upload.created_at),
            download_url=courseware.download_url,
            download_expires_at=to_unix(courseware.download_expires_at),
        )


class SignatureView(msgspec.Struct, kw_only=True):
    """A signature of the COS JSON API (v4); `expires_at` is null for single use."""

    sign: str
    type: str
    bucket: str
    file_path: str
    region: str
    cloud_app_id: str
    upload_url: str
    expires_at: int | None

    @classmethod
    def of(cls, grant: SignatureGrant) -> "SignatureView":
        return cls(
            sign=grant.sign,
            type=grant.signature_type.value,
            bucket=grant.bucket,
            file_path=grant.file_path,
            region=grant.region,
            cloud_app_id=grant.cloud_app_id,
            upload_url=grant.upload_url,
            expires_at=to_unix_or_none(grant.expires_at),
        )


@post(
    "/classrooms/{classroom_id:str}/uploads",
    guards=[rules.member(Permission.UPLOAD)],
    responses=documented(401, 403, 404, 409, 413, 429, 502),
)
async def open_upload(
    request: ClassRequest, data: UploadBody, caller: Caller, application: Application
) -> GrantView:
    """Announce a file; the answer has its key and credentials for it alone."""
    grant = await application.courseware.open_upload(
        caller,
        rules.classroom_id_of(request),
        NewUpload(data.file_name, data.size, data.content_type),
    )
    return GrantView.of(grant)


@post(
    "/uploads/{upload_id:str}/credentials",
    guards=[rules.UPLOAD_OWNER],
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def renew_upload(upload_id: str, caller: Caller, application: Application) -> GrantView:
    """Credentials again, until the upload is complete or abandoned."""
    return GrantView.of(await application.courseware.renew_upload(caller, upload_id))


@post(
    "/uploads/{upload_id:str}/complete",
    guards=[rules.UPLOAD_OWNER],
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def complete_upload(
    upload_id: str, caller: Caller, application: Application
) -> CoursewareView:
    """Confirm that the file arrived; the store is asked."""
    return CoursewareView.of(await application.courseware.complete_upload(caller, upload_id))


@delete(
    "/uploads/{upload_id:str}",
    guards=[rules.UPLOAD_OWNER],
    responses=documented(401, 404, 409),
)
async def abandon_upload(upload_id: str, caller: Caller, application: Application) -> None:
    """Give an upload up."""
    await application.courseware.abandon_upload(caller, upload_id)


@post(
    "/classrooms/{classroom_id:str}/upload-credentials",
    guards=[rules.member(Permission.UPLOAD)],
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def issue_folder_credentials(
    request: ClassRequest, caller: Caller, application: Application
) -> GrantView:
    """Credentials for a folder of the class, once before class. No body is needed."""
    classroom_id = rules.classroom_id_of(request)
    return GrantView.of(await application.courseware.issue_folder_credentials(caller, classroom_id))


@post(
    "/cos/signature",
    guards=[rules.CLASS_OF_THE_PATH],
    status_code=200,
    responses=documented(401, 403, 404, 409, 413, 429),
)
async def issue_signature(
    data: SignatureBody, caller: Caller, application: Application
) -> SignatureView:
    """A single-use or reusable signature for one name below `/classes/<id>/direct/`."""
    grant = await application.signatures.issue_signature(
        caller, _TYPES[data.type], data.bucket, data.file_path
    )
    return SignatureView.of(grant)


@get(
    "/classrooms/{classroom_id:str}/courseware",
    guards=[rules.member(Permission.READ_COURSEWARE)],
    responses=documented(401, 403, 404, 429),
)
async def list_courseware(
    request: ClassRequest,
    caller: Caller,
    application: Application,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[CoursewareView]:
    """The files of a class, the newest first, each with an address to fetch it from."""
    classroom_id = rules.classroom_id_of(request)
    found, next_cursor = await application.courseware.list_courseware(
        caller, classroom_id, cursor, limit
    )
    return Page(items=[CoursewareView.of(each) for each in found], next_cursor=next_cursor)


@delete(
    "/courseware/{courseware_id:str}",
    guards=[rules.COURSEWARE_STAFF],
    responses=documented(401, 403, 404),
)
async def delete_courseware(courseware_id: str, caller: Caller, application: Application) -> None:
    """Take a file out of its class, and its object out of the store. Again answers the same."""
    await application.courseware_removal.delete_courseware(caller, courseware_id)


HANDLERS = (
    open_upload,
    renew_upload,
    complete_upload,
    abandon_upload,
    issue_folder_credentials,
    issue_signature,
    list_courseware,
    delete_courseware,
)
