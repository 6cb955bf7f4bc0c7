"""POST Object: uploads from a browser form with its own signed policy.

Source: the POST Object document of COS (436/14690).
"""

from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

from classgate.emulator.cos import xml
from classgate.emulator.cos.authentication import (
    REFUSALS,
    Authenticator,
    Caller,
    authorize,
)
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.blobs import Blob, BlobWriter
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.multipart_form import read_named_form
from classgate.emulator.cos.object_routes import blob_headers, select_object_headers
from classgate.emulator.cos.operations import MAX_KEY_BYTES, Target
from classgate.emulator.http import (
    BodyTooLarge,
    MalformedRequest,
    Request,
    Response,
)
from classgate.errors import VerificationFailed
from classgate.signing import cos_post_policy

_FILE = "file"
_FILE_NAME = "${filename}"
_TOKEN = "x-cos-security-token"
_STATUSES = {"200": 200, "201": 201, "204": 204}


class PostRoutes:
    """Handler of the operation that is signed in its body."""

    def __init__(self, authenticator: Authenticator, backend: CosBackend) -> None:
        self._authenticator = authenticator
        self._backend = backend

    async def post(self, request: Request, target: Target) -> Response:
        """Store the file of a form as the object `key`. Raises `CosError`.

        Differs: a field `Signature` of the oldest form, `acl` and the headers for access control
        and storage class are ignored. Unknown: whether the file must be the last field; here it
        need not. Unknown: to what a condition of a temporary key on the content type applies; here
        it is the type of the request, multipart/form-data.
        """
        async with self._backend.receive() as sink:
            fields, file_name = await _read(request, sink)
            target = replace(target, key=_key(fields, file_name))
            caller, form = self._caller(fields)
            authorize(caller, request, "PostObject", target)
            _require_policy(form, fields, target, sink.size)
            blob = await sink.complete()
            headers = select_object_headers(fields.items(), target.key)
            self._backend.publish(sink, blob, target.bucket, target.key, headers=headers)
        return _answer(request, fields, target, blob)

    def _caller(self, fields: dict[str, str]) -> tuple[Caller, cos_post_policy.PostForm]:
        try:
            key = self._authenticator.find_key(cos_post_policy.read_post_form(fields).secret_id)
            form = cos_post_policy.verify_post_form(
                fields, secret_key=key.secret_key, at=self._authenticator.now()
            )
        except VerificationFailed as error:
            raise CosError(*REFUSALS.get(error.failed_check, REFUSALS["format"])) from error
        self._authenticator.require_token(fields.get(_TOKEN, ""), key)
        return Caller(key, frozenset()), form


async def _read(request: Request, sink: BlobWriter) -> tuple[dict[str, str], str]:
    try:
        fields, file_name = await read_named_form(request, sink, _FILE)
        lowered = {name.lower(): value for name, value in fields.items()}
    except BodyTooLarge as error:
        raise CosError("EntityTooLarge", "The form is too large.") from error
    except MalformedRequest as error:
        raise CosError("MalformedPOSTRequest", "The form cannot be parsed.") from error
    if len(lowered) != len(fields):
        raise CosError("MalformedPOSTRequest", "Two fields differ only in case.")
    if _FILE not in lowered:
        raise CosError("MalformedPOSTRequest", "The form has no file.")
    return lowered, file_name


def _key(fields: dict[str, str], file_name: str) -> str:
    """Return the object key, with `${filename}` replaced by the name of the file."""
    key = fields.get("key", "").removeprefix("/")
    if not key:
        raise CosError("InvalidArgument", "The form has no key.")
    # Some browsers send the full path.
    key = key.replace(_FILE_NAME, file_name.replace("\\", "/").rpartition("/")[2])
    if not key or len(key.encode()) > MAX_KEY_BYTES:
        raise CosError("InvalidURI", f"The key is empty, or longer than {MAX_KEY_BYTES} bytes.")
    return key


def _require_policy(
    form: cos_post_policy.PostForm, fields: dict[str, str], target: Target, size: int
) -> None:
    """Raise `CosError` if the form violates its policy.

    Unknown: whether the cloud applies a condition on `key` before or after it replaces
    `${filename}`. Here both keys must meet it.
    """
    for key in {fields["key"], target.key}:
        unmet = form.policy.find_unmet(
            fields | {"key": key}, bucket=target.bucket, content_length=size
        )
        if unmet is not None:
            raise CosError("AccessDenied", f"The form violates its policy: {unmet}.")


def _answer(request: Request, fields: dict[str, str], target: Target, blob: Blob) -> Response:
    location = f"{request.scheme}://{request.host}/{quote(target.key)}"
    headers = [*blob_headers(blob), ("location", location)]
    redirect = fields.get("success_action_redirect", "")
    if _is_redirect(redirect):
        query = urlencode({"bucket": target.bucket, "key": target.key, "etag": f'"{blob.md5}"'})
        joint = "&" if "?" in redirect else "?"
        return Response(303, [*headers[:-1], ("location", f"{redirect}{joint}{query}")])
    status = _STATUSES.get(fields.get("success_action_status", ""), 204)
    if status != 201:
        return Response(status, headers)
    document = xml.write(
        "PostResponse",
        [
            ("Location", location),
            ("Bucket", target.bucket),
            ("Key", target.key),
            ("ETag", f'"{blob.md5}"'),
        ],
    )
    return Response(201, [*headers, ("content-type", "application/xml")], document)


def _is_redirect(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isprintable()
