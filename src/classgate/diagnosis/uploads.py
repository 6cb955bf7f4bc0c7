"""Checks everything that an upload needs, with one small object.

The temporary keys upload it, and the service's own key inspects and deletes it, as in a class. The
temporary keys must not reach any other object.
"""

import re
from collections.abc import AsyncIterator

from classgate.cloud.bucket import CosCredentials, refusal_code
from classgate.cloud.http import HttpResponse
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.cloud_codes import explain_cos
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn

CONTENT = b"classgate doctor uploaded this object and deletes it again\n"
_NO_KEYS = "STS issued no keys for this check"
_ALTERED = "check whether a proxy or a bucket rule alters objects"
_UPLOAD_ID = re.compile(rb"<UploadId>([^<&]{1,200})</UploadId>")


async def check_bucket(context: CheckContext) -> list[Finding]:
    """Check that the bucket exists and that the service's key can access it."""
    check, bucket = "bucket", context.bucket
    reply = await bucket.request("HEAD", key=context.service_key)
    cos = context.settings.cos
    if reply.status == 200:
        return [ok(check, f"{cos.bucket} is in {cos.region}")]
    # An answer to HEAD has no body, and therefore no error code.
    why = await bucket.request("GET", context.probe_key, key=context.service_key)
    code = refusal_code(why)
    if code == "NoSuchKey":
        what = f"{cos.bucket} answers but refuses HeadBucket, which only doctor needs"
        return [warn(check, what, explain_cos("AccessDenied").fix)]
    return [_refused(check, f"{cos.bucket} in {cos.region}", why)]


async def check_upload(context: CheckContext, key: CosCredentials | None) -> AsyncIterator[Finding]:
    """Check PUT with the temporary keys, and HEAD and GET with the service's key."""
    check, probe = "upload", context.probe_key
    if key is None:
        yield skipped(check, _NO_KEYS)
        return
    put = await context.bucket.request("PUT", probe, key=key, body=CONTENT)
    if put.status != 200:
        yield _refused(check, "PUT with the temporary keys", put)
        return
    yield ok(check, "the temporary keys upload their object")
    head = await context.bucket.request("HEAD", probe, key=context.service_key)
    if head.status != 200:
        yield _refused("object", "HEAD with the service's key", head)
    elif head.headers.get("Content-Length") != str(len(CONTENT)):
        what = "HEAD reports another size than that of the uploaded object"
        yield fail("object", what, _ALTERED)
    else:
        yield ok("object", "the service's key finds the object with its full size")
        yield await _check_download(context)


async def _check_download(context: CheckContext) -> Finding:
    """Check GET with the service's key, which signs download URLs."""
    check = "download"
    reply = await context.bucket.request("GET", context.probe_key, key=context.service_key)
    if reply.status != 200:
        return _refused(check, "GET with the service's key", reply)
    if reply.body != CONTENT:
        return fail(check, "the downloaded bytes differ from the uploaded ones", _ALTERED)
    return ok(check, "the downloaded bytes are the uploaded ones")


async def check_removal(context: CheckContext) -> list[Finding]:
    """Delete the probe object with the service's key."""
    reply = await context.bucket.request("DELETE", context.probe_key, key=context.service_key)
    if reply.status in {200, 204, 404}:
        return [ok("removal", "the service's key deletes the object")]
    finding = _refused("removal", "DELETE with the service's key", reply)
    return [fail("removal", f"{finding.what}; {context.probe_key} still exists", finding.fix)]


async def check_other_key(context: CheckContext, key: CosCredentials | None) -> list[Finding]:
    """Check that the temporary keys are refused for another object."""
    check = "other object"
    if key is None:
        return [skipped(check, _NO_KEYS)]
    reply = await context.bucket.request("PUT", context.other_key, key=key, body=CONTENT)
    if reply.status == 403:
        return [ok(check, "the temporary keys are refused for another object")]
    if reply.status != 200:
        return [_refused(check, "PUT to another object is not refused with 403", reply)]
    await context.bucket.request("DELETE", context.other_key, key=context.service_key)
    what = "the temporary keys can upload ANOTHER object: their policy does not limit them"
    fix = (
        "do not let anyone upload; remove the bucket policy or ACL that allows everybody to write "
        "(COS console, Permission management)"
    )
    return [fail(check, what, fix)]


async def check_resuming(
    context: CheckContext, key: CosCredentials | None
) -> AsyncIterator[Finding]:
    """Start a multipart upload with the temporary keys, find it in the list, and abort it."""
    check, bucket, probe = "upload in parts", context.bucket, context.probe_key
    if key is None:
        yield skipped(check, _NO_KEYS)
        return
    begun = await bucket.request("POST", probe, key=key, parameters=[("uploads", "")])
    found = _UPLOAD_ID.search(begun.body)
    if begun.status != 200 or found is None:
        yield _refused(check, "InitiateMultipartUpload with the temporary keys", begun)
        return
    upload_id = found[1].decode("ascii", "replace")
    listed = await bucket.request("GET", key=key, parameters=[("uploads", ""), ("prefix", probe)])
    yield _judge_list(listed, upload_id)
    aborted = await bucket.request("DELETE", probe, key=key, parameters=[("uploadId", upload_id)])
    if aborted.status in {200, 204}:
        yield ok(check, "the temporary keys start and abort a multipart upload")
    else:
        yield _refused(check, "AbortMultipartUpload with the temporary keys", aborted)


def _judge_list(listed: HttpResponse, upload_id: str) -> Finding:
    check = "resuming"
    if listed.status == 200 and upload_id.encode() in listed.body:
        what = "a client finds its unfinished upload: ListMultipartUploads accepts its object key"
        return ok(check, what)
    code = refusal_code(listed) if listed.status != 200 else "it is not in the list"
    what = (
        f"ListMultipartUploads with one object key as prefix does not work ({code}): clients "
        "cannot resume an interrupted upload and start again. Nothing else is affected"
    )
    fix = "if the sub-account has ListMultipartUploads on the bucket, please report this bug"
    return warn(check, what, fix)


async def check_privacy(context: CheckContext) -> list[Finding]:
    """Check that nobody can read, list or write without a signature."""
    check, fix = (
        "private bucket",
        "COS console, the bucket, Permission management: Private Read/Write",
    )
    allowed = []
    for method, object_key, operation in (
        ("GET", context.probe_key, "read objects"),
        ("GET", "", "list the bucket"),
        ("PUT", context.probe_key, "write objects"),
    ):
        body = CONTENT if method == "PUT" else b""
        reply = await context.bucket.request(method, object_key, key=None, body=body)
        # A private bucket answers 403 to unsigned requests, even for missing objects.
        if reply.status < 400 or refusal_code(reply) == "NoSuchKey":
            allowed.append(operation)
        elif reply.status != 403:
            return [_refused(check, "a request without a signature", reply)]
    if allowed:
        return [fail(check, f"anyone may {' and '.join(allowed)} without a signature", fix)]
    return [ok(check, "nobody can read, list or write without a signature")]


def _refused(check: str, request: str, reply: HttpResponse) -> Finding:
    code = refusal_code(reply)
    explanation = explain_cos(code)
    return fail(check, f"{request}: {explanation.what} ({code})", explanation.fix)
