"""What is explained of a v5 signature: its claims, and the request and the answer if known."""

from dataclasses import dataclass, replace

from classgate.explain.cos.answers import Refusal, read_answer
from classgate.explain.cos.claims import Claims, read_header, read_query
from classgate.explain.cos.path_mistakes import Place
from classgate.explain.cos.signed_text import Request
from classgate.explain.models import ExplainContext, Kind
from classgate.explain.requests.models import Answer, PastedRequest, Url
from classgate.signing.cos_hosts import find_bucket_host
from classgate.signing.cos_operations import POST_FORM, find_operation
from classgate.signing.cos_request import PARAMETER_NAMES

TOKEN = "x-cos-security-token"
# The whole Authorization header as one parameter, as in URLs made with cos-nodejs-sdk-v5's getAuth.
_SIGN_PARAMETER = "sign"
# The same as a field of a form, as cos-wx-sdk-v5 sends it.
_SIGN_FIELD = "signature"
_AUTHORIZATION = "authorization"


NOT_ANSWERED = read_answer(Answer())


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A v5 signature. Without a request, only its form and its time can be checked."""

    kind: Kind
    claims: Claims
    request: Request | None = None
    session_token: str = ""
    refusal: Refusal = NOT_ANSWERED
    pasted: PastedRequest | None = None
    is_method_known: bool = True


def of_request(pasted: PastedRequest) -> Subject | None:
    """Return the v5 signature of a pasted request; None if it has none."""
    parameters = pasted.url.parameters()
    header = pasted.header(_AUTHORIZATION)
    kind, claims = Kind.COS_V5, None
    if header:
        claims = read_header(header)
    else:
        claims = read_query(parameters)
        kind = Kind.PRESIGNED_URL
        if claims is None:
            claims = read_header(dict(parameters).get(_SIGN_PARAMETER, ""))
        if claims is None:
            kind, claims = Kind.COS_V5, read_header(_form_field(pasted, _SIGN_FIELD))
    if claims is None:
        return None
    request = _request(pasted, parameters)
    token = pasted.header(TOKEN) or dict(parameters).get(TOKEN) or _form_field(pasted, TOKEN)
    return Subject(
        kind=kind,
        claims=claims,
        request=request,
        session_token=token,
        refusal=read_answer(pasted.answer),
        pasted=pasted,
    )


def of_url(text: str) -> Subject | None:
    """Return the signature of a presigned URL; None if it has none. Its method is not known."""
    url = Url.parse(text)
    if url is None:
        return None
    subject = of_request(PastedRequest(source="url", method="GET", url=url))
    return None if subject is None else replace(subject, is_method_known=False)


def of_header(text: str) -> Subject | None:
    """Return the signature of an Authorization header; None if it has none."""
    claims = read_header(text)
    return None if claims is None else Subject(kind=Kind.COS_V5, claims=claims)


def place_of(request: Request | None, context: ExplainContext) -> Place:
    """Return the bucket and the region of a request, else those that are configured."""
    found = None if request is None else find_bucket_host(request.host)
    bucket = context.bucket or ""
    region = context.region or ""
    if found is not None and request is not None:
        bucket = found.bucket or request.path.lstrip("/").partition("/")[0] or bucket
        region = found.region or region
    return Place(bucket, region, context.bucket or bucket)


def key_of(request: Request) -> str:
    """Return the object key of a request."""
    key = request.path.removeprefix("/")
    found = find_bucket_host(request.host)
    # On a host without a bucket, the first part of the path is the bucket.
    return key.partition("/")[2] if found is not None and not found.bucket else key


def action_of(subject: Subject) -> str | None:
    """Return the action that a policy must allow for the request, such as `name/cos:PutObject`."""
    request, pasted = subject.request, subject.pasted
    if request is None or not subject.is_method_known:
        return None
    names = {name for name, _ in request.parameters}
    key = key_of(request)
    if pasted is not None and pasted.form is not None and request.method == "POST" and not key:
        return f"name/cos:{POST_FORM}"
    is_copy = any(name == "x-cos-copy-source" for name, _ in request.headers)
    operation = find_operation(request.method, names, on_object=bool(key), is_copy=is_copy)
    return None if operation is None else f"name/cos:{operation}"


def _request(pasted: PastedRequest, parameters: tuple[tuple[str, str], ...]) -> Request:
    headers = pasted.headers
    if pasted.header("host") is None:
        headers = (*headers, ("host", pasted.url.host_header))
    length = _known_length(pasted)
    if length is not None and pasted.header("content-length") is None:
        headers = (*headers, ("content-length", length))
    hidden = {*PARAMETER_NAMES, _SIGN_PARAMETER}
    return Request(
        method=pasted.method,
        path=pasted.url.decoded_path,
        raw_path=pasted.url.path,
        raw_query=pasted.url.query,
        host=pasted.host,
        parameters=tuple(pair for pair in parameters if pair[0] not in hidden),
        headers=headers,
        body=pasted.body,
        form_key=_form_field(pasted, "key"),
    )


def _form_field(pasted: PastedRequest, name: str) -> str:
    return next((value for held, value in pasted.form or () if held.lower() == name), "")


def _known_length(pasted: PastedRequest) -> str | None:
    """Return the Content-Length that clients leave out when they copy a request, if it is certain.

    Text beyond ASCII and files are not copied as they were sent.
    """
    if pasted.form is not None or pasted.source == "url":
        return None
    if pasted.body is None:
        return "0" if pasted.method in {"GET", "HEAD", "DELETE"} else None
    return str(len(pasted.body)) if pasted.body.isascii() else None
