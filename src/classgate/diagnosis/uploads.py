"""What an upload needs, done once with a small object: the keys that STS gave put it, the service's
own key looks at it and takes it away, as in a class. The keys must reach nothing else."""

import re
from collections.abc import AsyncIterator

from classgate.cloud.bucket import CosCredentials, refusal_code
from classgate.cloud.http import HttpResponse
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.cloud_codes import explain_cos
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn

CONTENT = b"classgate doctor put this here and takes it away again\n"
_UPLOAD_ID = re.compile(rb"<UploadId>([^<&]{1,200})</UploadId>")


async def check_bucket(context: CheckContext) -> list[Finding]:
    """The bucket is there, and the service's key may look at it."""
    check, bucket = "bucket", context.bucket
    reply = await bucket.request("HEAD", key=context.service_key)
    cos = context.settings.cos
    if reply.status == 200:
        return [ok(check, f"{cos.bucket} is in {cos.region}")]
    # An answer to HEAD has no body, and so no word for why.
    why = await bucket.request("GET", context.probe_key, key=context.service_key)
    code = refusal_code(why)
    if code == "NoSuchKey":
        what = f"{cos.bucket} answers, but HeadBucket is refused; only doctor needs it"
        return [warn(check, what, explain_cos("AccessDenied").fix)]
    return [_refused(check, f"{cos.bucket} in {cos.region}", why)]


async def check_upload(context: CheckContext, key: CosCredentials | None) -> AsyncIterator[Finding]:
    """Put with the temporary keys; HEAD and DELETE with the service's own."""
    check, probe = "upload", context.probe_key
    if key is None:
        yield skipped(check, "needs the keys that STS did not give")
        return
    put = await context.bucket.request("PUT", probe, key=key, body=CONTENT)
    if put.status != 200:
        yield _refused(check, "PUT with the temporary keys", put)
        return
    yield ok(check, "the temporary keys put the one object that they are for")
    head = await context.bucket.request("HEAD", probe, key=context.service_key)
    if head.status != 200:
        yield _refused("object", "HEAD with the service's key", head)
    elif head.headers.get("Content-Length") != str(len(CONTENT)):
        what = "HEAD tells another size than was put"
        yield fail("object", what, "look whether something changes objects on their way in")
    else:
        yield ok("object", "the service's key sees it in its full size")
        yield await _check_download(context)


async def _check_download(context: CheckContext) -> Finding:
    """By a signed URL it is the service's key that reads."""
    check = "download"
    reply = await context.bucket.request("GET", context.probe_key, key=context.service_key)
    if reply.status != 200:
        return _refused(check, "GET with the service's key", reply)
    if reply.body != CONTENT:
        what = "what comes back is not what was put"
        return fail(check, what, "look whether something changes objects on their way")
    return ok(check, "what comes back is what was put")


async def check_removal(context: CheckContext) -> list[Finding]:
    """Take the probe away, whoever put it."""
    reply = await context.bucket.request("DELETE", context.probe_key, key=context.service_key)
    if reply.status in {200, 204, 404}:
        return [ok("removal", "the service's key removes the object")]
    finding = _refused("removal", "DELETE with the service's key", reply)
    return [fail("removal", f"{finding.what}; {context.probe_key} is still there", finding.fix)]


async def check_other_key(context: CheckContext, key: CosCredentials | None) -> list[Finding]:
    """The temporary keys must be refused for another object."""
    check = "other object"
    if key is None:
        return [skipped(check, "needs the keys that STS did not give")]
    reply = await context.bucket.request("PUT", context.other_key, key=key, body=CONTENT)
    if reply.status == 403:
        return [ok(check, "the same temporary keys are refused for another object")]
    if reply.status != 200:
        return [_refused(check, "instead of a rejection: PUT", reply)]
    await context.bucket.request("DELETE", context.other_key, key=context.service_key)
    what = "the temporary keys put ANOTHER object as well: their policy does not bound them"
    fix = (
        "do not let anyone upload; look for a bucket policy or an ACL that lets everybody write "
        "(COS console, Permission management)"
    )
    return [fail(check, what, fix)]


async def check_resuming(
    context: CheckContext, key: CosCredentials | None
) -> AsyncIterator[Finding]:
    """An upload in parts, begun, found again by listing the one key, and given up."""
    check, bucket, probe = "upload in parts", context.bucket, context.probe_key
    if key is None:
        yield skipped(check, "needs the keys that STS did not give")
        return
    begun = await bucket.request("POST", probe, key=key, parameters=[("uploads", "")])
    found = _UPLOAD_ID.search(begun.body)
    if begun.status != 200 or found is None:
        yield _refused(check, "InitiateMultipartUpload with the temporary keys", begun)
        return
    upload_id = found[1].decode("ascii", "replace")
    listed = await bucket.request("GET", key=key, parameters=[("uploads", ""), ("prefix", probe)])
    yield _judge_list(listed, upload_id)
    given_up = await bucket.request("DELETE", probe, key=key, parameters=[("uploadId", upload_id)])
    if given_up.status in {200, 204}:
        yield ok(check, "the temporary keys begin one and give it up")
    else:
        yield _refused(check, "AbortMultipartUpload with the temporary keys", given_up)


def _judge_list(listed: HttpResponse, upload_id: str) -> Finding:
    check = "resuming"
    if listed.status == 200 and upload_id.encode() in listed.body:
        what = "a client finds its unfinished upload: ListMultipartUploads takes the one key"
        return ok(check, what)
    code = refusal_code(listed) if listed.status != 200 else "it is not in the list"
    what = (
        f"ListMultipartUploads with the one key as prefix does not work ({code}): clients "
        "cannot find an upload that was cut off, and begin again. All else is not touched"
    )
    fix = "if the sub-user has ListMultipartUploads on the bucket, please report this bug"
    return warn(check, what, fix)


async def check_privacy(context: CheckContext) -> list[Finding]:
    """Nobody may read, list or write without a signature."""
    check, fix = (
        "private bucket",
        "COS console, the bucket, Permission management: Private Read/Write",
    )
    opened = []
    for method, object_key, right in (
        ("GET", context.probe_key, "read objects"),
        ("GET", "", "list the bucket"),
        ("PUT", context.probe_key, "write objects"),
    ):
        body = CONTENT if method == "PUT" else b""
        reply = await context.bucket.request(method, object_key, key=None, body=body)
        # To a stranger a private bucket never says that something is not there.
        if reply.status < 400 or refusal_code(reply) == "NoSuchKey":
            opened.append(right)
        elif reply.status != 403:
            return [_refused(check, "a request without a signature", reply)]
    if opened:
        return [fail(check, f"anyone may {' and '.join(opened)}, without any key", fix)]
    return [ok(check, "without a signature nothing is read, listed or written")]


def _refused(check: str, tried: str, reply: HttpResponse) -> Finding:
    code = refusal_code(reply)
    meaning = explain_cos(code)
    return fail(check, f"{tried}: {meaning.what} ({code})", meaning.fix)
