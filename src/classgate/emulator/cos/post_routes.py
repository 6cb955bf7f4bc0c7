"""POST Object: uploads from a browser form with its own signed policy.

Source: the POST Object document of COS (436/14690).
"""

from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

from classgate.emulator.cos import xml
from classgate.emulator.cos.authentication import Authenticator, authorize
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.blobs import BlobWriter
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.multipart_form import read_named_form
from classgate.emulator.cos.object_headers import select_object_headers, upload_headers
from classgate.emulator.cos.object_routes import is_overwrite_forbidden
from classgate.emulator.cos.operations import MAX_KEY_BYTES, Target
from classgate.emulator.cos.unsupported import require_supported_headers
from classgate.emulator.failed_check import FailedCheck
from classgate.emulator.http import BodyTooLarge, MalformedRequest, Request, Response
from classgate.signing.cos_post_policy import PostForm

_FILE = "file"
_FILE_NAME = "${filename}"
_STATUSES = {"200": 200, "201": 201, "204": 204}


class PostRoutes:
    """Handler of the operation that is signed in its body."""

    def __init__(self, authenticator: Authenticator, backend: CosBackend) -> None:
        self._authenticator = authenticator
        self._backend = backend

    async def post(self, request: Request, target: Target) -> Response:
        """Store the file of a form as the object `key`. Raises `CosError`.

        Unknown: whether the file must be the last field; here it need not. Unknown: to what a
        condition of a temporary key on the content type applies; here it is the type of the
        request, multipart/form-data.
        """
        async with self._backend.receive() as sink:
            fields, file_name = await _read(request, sink)
            require_supported_headers(fields.items(), is_writing=True)
            target = replace(target, key=_key(fields, file_name))
            caller = self._authenticator.authenticate_form(request, fields)
            authorize(caller, request, "PostObject", target)
            if caller.form is not None:
                _require_policy(caller.form, fields, target, sink.size)
            blob = await sink.complete()
            if is_overwrite_forbidden([*request.headers, *fields.items()]):
                self._backend.require_absent(target.bucket, target.key)
            headers = select_object_headers(_as_headers(fields), target.key)
            self._backend.publish(sink, blob, target.bucket, target.key, headers=headers)
        return _answer(request, fields, target, upload_headers(blob, headers))


def _as_headers(fields: dict[str, str]) -> list[tuple[str, str]]:
    """Return the fields under the names that they have as headers."""
    return [("x-cos-acl" if name == "acl" else name, value) for name, value in fields.items()]


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


def _require_policy(form: PostForm, fields: dict[str, str], target: Target, size: int) -> None:
    """Raise `CosError` if the form violates its policy.

    Unknown: whether the cloud applies a condition on `key` before or after it replaces
    `${filename}`. Here both keys must meet it.
    """
    for key in {fields["key"], target.key}:
        unmet = form.policy.find_unmet(
            fields | {"key": key}, bucket=target.bucket, content_length=size
        )
        if unmet is not None:
            raise CosError(
                "AccessDenied",
                f"The form violates its policy: {unmet}.",
                check=FailedCheck.POLICY,
            )


def _answer(
    request: Request, fields: dict[str, str], target: Target, described: list[tuple[str, str]]
) -> Response:
    location = f"{request.scheme}://{request.host}/{quote(target.key)}"
    headers = [*described, ("location", location)]
    redirect = fields.get("success_action_redirect", "")
    if _is_redirect(redirect):
        query = urlencode(
            {"bucket": target.bucket, "key": target.key, "etag": dict(described)["etag"]}
        )
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
            ("ETag", dict(described)["etag"]),
        ],
    )
    return Response(201, [*headers, ("content-type", "application/xml")], document)


def _is_redirect(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isprintable()
