"""`svc=cos` and `svc=vod`: signatures of the cloud. `type` 0 is reusable and 1 single use, here."""

from classgate.courseware.models import SignatureType
from classgate.errors import CloudError, CloudRejected
from classgate.legacy.calls import AnsweredRefusal, Call
from classgate.legacy.error_codes import SERVER_ERROR
from classgate.legacy.fields import Fields
from classgate.legacy.protocol import Answer
from classgate.legacy.storage_signatures import LegacySignatureService
from classgate.legacy.videos.service import HOST, VideoService
from classgate.validation import field_error

_OWN = ("SignatureMethod", "Timestamp", "Nonce")  # null means missing here
_TYPES = (SignatureType.REUSABLE, SignatureType.SINGLE_USE)


async def sign_storage(signatures: LegacySignatureService, call: Call) -> Answer:
    """`cos/get_sign`: for one's own folder, or a file of a class that one teaches."""
    fields = call.fields
    kind = _TYPES[fields.integer("type", 0, 1)]
    bucket = fields.optional_text("bucket")
    single = kind is SignatureType.SINGLE_USE
    path = fields.text("file_path") if single else fields.optional_text("file_path")
    grant = await signatures.issue_signature(call.caller, kind, bucket, path)
    return Answer(
        data={
            "sign": grant.sign,
            "bucket": bucket or grant.bucket_name,
            "region": call.settings.cos_region or grant.region,
            "preview_tag": call.settings.preview_tag,
        }
    )


async def sign_video_query(videos: VideoService, call: Call) -> Answer:
    """`vod/get_sign`: sign one read-only query."""
    method, host, path, params = _query_of(call.fields)
    signed = await videos.sign_query(call.caller, method, host, path, params)
    return Answer(
        data={
            "sign": signed.sign,
            "SecretId": signed.secret_id,
            "SignatureMethod": signed.signature_method,
        }
    )


async def sign_video_upload(videos: VideoService, call: Call) -> Answer:
    """`vod/get_client_sign`: sign one upload."""
    signed = await videos.issue_upload_signature(call.caller)
    return Answer(data={"sign": signed.sign, "SecretId": signed.secret_id})


async def forward_video_query(videos: VideoService, call: Call) -> Answer:
    """`vod/cmd_proxy`: query the video service on behalf of the client."""
    method, host, _path, params = _query_of(call.fields)
    if host != HOST:
        raise field_error("host", f"only {HOST} is asked")
    asked = Fields(params)
    asked.text("Action")
    asked.optional_text("Region")
    try:
        found = await videos.forward_query(call.caller, method, params)
    except CloudError as error:
        code = int(error.cloud_code) if isinstance(error, CloudRejected) else -1
        data = {"code": code, "message": error.message}
        raise AnsweredRefusal(Answer(SERVER_ERROR, error.message, data), error) from error
    return Answer(data={**found, "code": 0, "message": ""})


def _query_of(fields: Fields) -> tuple[str, str, str, dict[str, object]]:
    """Method, host, path and parameters, in the order in which they are checked."""
    method = fields.text("method")
    if method not in {"GET", "POST"}:
        raise field_error("method", "expected GET or POST")
    host, path = fields.text("host"), fields.text("path")
    given = fields.nested("params")
    params = {
        name: value for name, value in given.values.items() if given.has(name) or name not in _OWN
    }
    if params.get("SignatureMethod", "HmacSHA1") not in ("HmacSHA1", "HmacSHA256"):
        raise field_error("params.SignatureMethod", "expected HmacSHA1 or HmacSHA256")
    return method, host, path, params
