"""The ACL of the bucket and of objects over the XML API."""

from classgate.emulator.cos.acl import ACL_HEADER, Acl, read_acl_document, read_acl_headers
from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.documents import document, read_body
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.object_headers import ACL
from classgate.emulator.cos.operations import Target
from classgate.emulator.http import Request, Response

_PRIVATE = Acl("private")
_DEFAULT = Acl("default")


class AclRoutes:
    """Handlers of the ACL operations.

    Differs: an ACL is stored and returned, and has no effect: every request must be signed, and the
    account of the emulator owns everything. The attributes `xsi:type` are left out.
    """

    def __init__(self, backend: CosBackend) -> None:
        self._backend = backend

    async def put_object_acl(self, request: Request, target: Target, _: Caller) -> Response:
        """Replace the ACL of an object."""
        acl = await _read(request, of_bucket=False)
        stored = self._backend.get_object(target.bucket, target.key)
        headers = stored.headers | {ACL: acl.to_json()}
        self._backend.replace_headers(target.bucket, target.key, headers)
        return Response()

    async def get_object_acl(self, _request: Request, target: Target, _: Caller) -> Response:
        """Return the ACL of an object."""
        stored = self._backend.get_object(target.bucket, target.key)
        return _answer(Acl.from_json(stored.headers[ACL]) if ACL in stored.headers else _DEFAULT)

    async def put_bucket_acl(self, request: Request, target: Target, _: Caller) -> Response:
        """Replace the ACL of the bucket."""
        acl = await _read(request, of_bucket=True)
        self._backend.put_bucket_setting(target.bucket, ACL, acl.to_json())
        return Response()

    async def get_bucket_acl(self, _request: Request, target: Target, _: Caller) -> Response:
        """Return the ACL of the bucket."""
        text = self._backend.find_bucket_setting(target.bucket, ACL)
        return _answer(_PRIVATE if text is None else Acl.from_json(text))


async def _read(request: Request, *, of_bucket: bool) -> Acl:
    """Return the ACL of the headers or of the body. Raises `CosError`.

    Unknown: the code for an ACL in both, and for none at all.
    """
    acl = read_acl_headers(request.headers, of_bucket=of_bucket)
    body = await read_body(request, "an AccessControlPolicy")
    if (acl is None) == (not body):
        raise CosError("InvalidArgument", "An ACL is given either by headers or in the body.")
    return acl or read_acl_document(body)


def _answer(acl: Acl) -> Response:
    response = document("AccessControlPolicy", acl.document())
    if acl.preset:
        response.headers.append((ACL_HEADER, acl.preset))
    return response
