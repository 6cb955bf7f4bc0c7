"""Uploading courseware, and the seed's two calls: credentials before class, and signatures."""

from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post
from litestar.params import Parameter
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_INT64,
    Body,
    ClassroomId,
    Cursor,
    LeaseId,
    Limit,
    NextCursor,
    RefreshAfter,
    ServerTime,
    Time,
    enforced_later,
    to_unix,
    to_unix_or_none,
)
from classgate.classrooms.permissions import Permission
from classgate.courseware import models
from classgate.courseware.models import SignatureType

# The seed's numbers: 0 is single use, 1 reusable. (The legacy API has them the other way round.)
_TYPES = {
    "single_use": SignatureType.SINGLE_USE,
    0: SignatureType.SINGLE_USE,
    "reusable": SignatureType.REUSABLE,
    1: SignatureType.REUSABLE,
}


class CreateUploadRequest(Body):
    """A file to be uploaded."""

    file_name: Annotated[
        str,
        Meta(
            description="One name without a folder: 1 to 255 characters.",
            extra_json_schema=enforced_later(minLength=1, maxLength=255),
        ),
    ]
    size: Annotated[
        int,
        Meta(
            ge=-MAX_INT64 - 1,
            le=MAX_INT64,
            description="Size in bytes: 1 or more, up to the installation's maximum.",
            extra_json_schema=enforced_later(minimum=1, maximum=5 * 2**30),
        ),
    ]
    content_type: Annotated[
        str,
        Meta(
            max_length=200,
            description="Media type as the browser gives it. Where it is empty, generic or a "
            "vendor's own, the extension of `file_name` decides.",
        ),
    ] = ""


class IssueCosSignatureRequest(Body):
    """What to sign for."""

    type: Annotated[
        Literal["single_use", "reusable", 0, 1],
        Meta(
            description="How often the signature works. The integers 0 (`single_use`) and 1 "
            "(`reusable`) are accepted as well, from older clients."
        ),
    ]
    file_path: Annotated[
        str,
        Meta(
            max_length=2000,
            description="`/classes/<classroom_id>/direct/<name>`; letters, digits, `.`, `-` and "
            "`_` in its parts.",
        ),
    ]
    bucket: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="This installation's bucket, with or without APPID; null for the same."),
    ] = None


class TemporaryCredentials(msgspec.Struct, rename="camel"):
    """Temporary keys of STS, in the spelling that Tencent's client SDKs read."""

    tmp_secret_id: Annotated[str, Meta(description="Temporary SecretId.")]
    tmp_secret_key: Annotated[str, Meta(description="Temporary SecretKey. Secret.")]
    session_token: Annotated[str, Meta(description="Session token of STS. Secret.")]


class UploadCredentials(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Temporary credentials and where they are good: one `object_key`, or a `prefix`."""

    bucket: Annotated[str, Meta(description="Name of the bucket, with its APPID.")]
    bucket_url: Annotated[
        str,
        Meta(
            description="Scheme and host of the bucket, where the uploads go: `Protocol` and "
            "`Domain` of cos-js-sdk-v5."
        ),
    ]
    region: Annotated[str, Meta(description="Region of the bucket.")]
    credentials: Annotated[TemporaryCredentials, Meta(description="The temporary keys.")]
    start_time: Annotated[
        Time, Meta(description="From when they are good. Unix time in seconds.")
    ] = msgspec.field(name="startTime")
    expired_time: Annotated[Time, Meta(description="When they end. Unix time in seconds.")] = (
        msgspec.field(name="expiredTime")
    )
    server_time: ServerTime
    refresh_after: RefreshAfter
    lease_id: LeaseId
    upload_id: Annotated[
        str | None, Meta(description="Id of the upload. Left out for a folder.")
    ] = None
    object_key: Annotated[
        str | None, Meta(description="The one key they are good for. Left out for a folder.")
    ] = None
    prefix: Annotated[
        str | None,
        Meta(
            description="The folder they are good for, with `/` at its end. Left out for one key."
        ),
    ] = None

    @classmethod
    def of(cls, grant: models.UploadGrant) -> "UploadCredentials":
        keys, upload = grant.credentials, grant.upload
        return cls(
            bucket=grant.bucket,
            bucket_url=grant.bucket_url,
            region=grant.region,
            credentials=TemporaryCredentials(keys.secret_id, keys.secret_key, keys.session_token),
            start_time=to_unix(keys.starts_at),
            expired_time=to_unix(keys.expires_at),
            server_time=to_unix(grant.server_time),
            refresh_after=to_unix(grant.refresh_after),
            lease_id=grant.lease_id,
            upload_id=None if upload is None else upload.upload_id,
            object_key=None if upload is None else upload.object_key,
            prefix=grant.prefix,
        )


class Uploader(msgspec.Struct):
    """Who uploaded a file."""

    identifier: Annotated[str, Meta(description="Name of the account.")]
    display_name: Annotated[str, Meta(description="Name as others see it.")]

    @classmethod
    def of(cls, uploader: models.Uploader) -> "Uploader":
        return cls(uploader.identifier, uploader.display_name)


class Courseware(msgspec.Struct, kw_only=True):
    """A file that arrived."""

    id: Annotated[str, Meta(description="Id of the file: that of its upload.")]
    file_name: Annotated[str, Meta(description="Original name of the file.")]
    size: Annotated[int, Meta(description="Size in bytes.")]
    content_type: Annotated[str, Meta(description="Media type.")]
    created_at: Annotated[Time, Meta(description="When it arrived. Unix time in seconds.")]
    uploaded_by: Annotated[
        Uploader | None, Meta(description="Who uploaded it; null after the account was deleted.")
    ]
    download_url: Annotated[
        str,
        Meta(description="Opens with any HTTP client, as an attachment. Secret: a credential."),
    ]
    download_expires_at: Annotated[
        Time, Meta(description="When `download_url` ends. Unix time in seconds.")
    ]

    @classmethod
    def of(cls, courseware: models.Courseware) -> "Courseware":
        upload, uploader = courseware.upload, courseware.file.uploader
        return cls(
            id=upload.upload_id,
            file_name=upload.file_name,
            size=upload.size,
            content_type=upload.content_type,
            created_at=to_unix(upload.arrived_at),
            uploaded_by=None if uploader is None else Uploader.of(uploader),
            download_url=courseware.download_url,
            download_expires_at=to_unix(courseware.download_expires_at),
        )


class CoursewarePage(msgspec.Struct, kw_only=True):
    """A page of the files of a class."""

    items: Annotated[list[Courseware], Meta(description="The newest first.")]
    next_cursor: NextCursor


class CosSignature(msgspec.Struct, kw_only=True):
    """A signature of the COS JSON API (v4)."""

    sign: Annotated[str, Meta(description="The signature. Secret.")]
    type: Annotated[SignatureType, Meta(description="How often it works.")]
    bucket: Annotated[str, Meta(description="Name of the bucket, with its APPID.")]
    file_path: Annotated[str, Meta(description="The path it is good for.")]
    region: Annotated[str, Meta(description="Region of the bucket.")]
    cloud_app_id: Annotated[str, Meta(description="APPID of the cloud account.")]
    upload_url: Annotated[str, Meta(description="Where to send the file.")]
    expires_at: Annotated[
        Time | None,
        Meta(description="When it ends. Unix time in seconds; null for single use: never."),
    ]

    @classmethod
    def of(cls, grant: models.SignatureGrant) -> "CosSignature":
        return cls(
            sign=grant.sign,
            type=grant.signature_type,
            bucket=grant.bucket,
            file_path=grant.file_path,
            region=grant.region,
            cloud_app_id=grant.cloud_app_id,
            upload_url=grant.upload_url,
            expires_at=to_unix_or_none(grant.expires_at),
        )


UploadId = Annotated[str, Parameter(description="Id of the upload.")]
CoursewareId = Annotated[str, Parameter(description="Id of the file: that of its upload.")]


@post(
    "/classrooms/{classroom_id:str}/uploads",
    summary="Create an upload",
    opt=rules.only(rules.member(Permission.UPLOAD)),
    responses=documented(401, 403, 404, 409, 413, 429, 502),
)
async def create_upload(
    request: ApiRequest, classroom_id: ClassroomId, data: CreateUploadRequest
) -> UploadCredentials:
    """Announce a file. The answer has its key, and credentials for this key alone."""
    grant = await request.services.courseware.open_upload(
        request.caller,
        classroom_id,
        models.NewUpload(data.file_name, data.size, data.content_type),
    )
    return UploadCredentials.of(grant)


@post(
    "/uploads/{upload_id:str}/credentials",
    summary="Renew the credentials of an upload",
    opt=rules.only(rules.UPLOAD_OWNER),
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def renew_upload_credentials(request: ApiRequest, upload_id: UploadId) -> UploadCredentials:
    """Issue credentials again, until the upload is complete or abandoned."""
    return UploadCredentials.of(
        await request.services.courseware.renew_upload(request.caller, upload_id)
    )


@post(
    "/uploads/{upload_id:str}/complete",
    summary="Complete an upload",
    opt=rules.only(rules.UPLOAD_OWNER),
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def complete_upload(request: ApiRequest, upload_id: UploadId) -> Courseware:
    """Confirm that the file arrived. The store is asked."""
    return Courseware.of(
        await request.services.courseware.complete_upload(request.caller, upload_id)
    )


@delete(
    "/uploads/{upload_id:str}",
    summary="Abandon an upload",
    opt=rules.only(rules.UPLOAD_OWNER),
    responses=documented(401, 404, 409),
)
async def abandon_upload(request: ApiRequest, upload_id: UploadId) -> None:
    """Give an upload up."""
    await request.services.courseware.abandon_upload(request.caller, upload_id)


@post(
    "/classrooms/{classroom_id:str}/upload-credentials",
    summary="Issue credentials for a folder",
    opt=rules.only(rules.member(Permission.UPLOAD)),
    status_code=200,
    responses=documented(401, 403, 404, 409, 429, 502),
)
async def issue_upload_credentials(
    request: ApiRequest, classroom_id: ClassroomId
) -> UploadCredentials:
    """Issue credentials for a folder of the class, once before class. No body is needed."""
    return UploadCredentials.of(
        await request.services.courseware.issue_folder_credentials(request.caller, classroom_id)
    )


@post(
    "/cos/signature",
    summary="Issue a COS signature",
    opt=rules.only(rules.CLASS_OF_THE_PATH),
    status_code=200,
    responses=documented(401, 403, 404, 409, 413, 429),
)
async def issue_cos_signature(request: ApiRequest, data: IssueCosSignatureRequest) -> CosSignature:
    """Issue a single-use or reusable signature for one name below `/classes/<id>/direct/`."""
    grant = await request.services.signatures.issue_signature(
        request.caller, _TYPES[data.type], data.bucket, data.file_path
    )
    return CosSignature.of(grant)


@get(
    "/classrooms/{classroom_id:str}/courseware",
    summary="List the courseware of a class",
    opt=rules.only(rules.member(Permission.READ_COURSEWARE)),
    responses=documented(401, 403, 404, 429),
)
async def list_courseware(
    request: ApiRequest, classroom_id: ClassroomId, cursor: Cursor = None, limit: Limit = 20
) -> CoursewarePage:
    """List the files of a class, the newest first, each with an address to fetch it from."""
    found, next_cursor = await request.services.courseware.list_courseware(
        request.caller, classroom_id, cursor, limit
    )
    return CoursewarePage(items=[Courseware.of(each) for each in found], next_cursor=next_cursor)


@delete(
    "/courseware/{courseware_id:str}",
    summary="Delete a file of courseware",
    opt=rules.only(rules.COURSEWARE_STAFF),
    responses=documented(401, 403, 404),
)
async def delete_courseware(request: ApiRequest, courseware_id: CoursewareId) -> None:
    """Take a file out of its class, and its object out of the store. Again answers the same."""
    await request.services.courseware_removal.delete_courseware(request.caller, courseware_id)


HANDLERS = (
    create_upload,
    renew_upload_credentials,
    complete_upload,
    abandon_upload,
    issue_upload_credentials,
    issue_cos_signature,
    list_courseware,
    delete_courseware,
)
