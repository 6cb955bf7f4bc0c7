"""The signature of the COS XML API in a URL, so that a plain HTTP client can use it.

The steps are those of `cos_request`; here the seven values stand in the query. Which object, and
for how long, is decided elsewhere.
Sources: the COS request signature document, "tencentyun/cos-python-sdk-v5" (get_presigned_url).
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from classgate.signing.cos_request import (
    PARAMETER_NAMES,
    Authorization,
    CosRequest,
    KeyTime,
    read_pairs,
    sign,
    verify,
)
from classgate.signing.encoding import percent_encode

SESSION_TOKEN_PARAMETER: Final = "x-cos-security-token"


def issue_presigned_query(
    request: CosRequest,
    *,
    secret_id: str,
    secret_key: str,
    key_time: KeyTime,
    session_token: str | None = None,
) -> list[tuple[str, str]]:
    """The whole query of a presigned URL, decoded: the seven values, then the request's own.

    A session token becomes a parameter that is signed with the others. SigningError as in `sign`.
    """
    parameters = list(request.parameters)
    if session_token is not None:
        parameters.append((SESSION_TOKEN_PARAMETER, session_token))
    authorization = sign(
        replace(request, parameters=parameters),
        secret_id=secret_id,
        secret_key=secret_key,
        key_time=key_time,
    )
    return authorization.pairs() + parameters


def issue_presigned_url(
    scheme: str,
    host: str,
    request: CosRequest,
    *,
    secret_id: str,
    secret_key: str,
    key_time: KeyTime,
    session_token: str | None = None,
) -> str:
    """A URL that carries its own signature. The host is signed, so it is good for one bucket.

    Everything in the query is percent-encoded, the semicolons too. SigningError as in `sign`.
    """
    headers = [(name, value) for name, value in request.headers if name.lower() != "host"]
    query = issue_presigned_query(
        replace(request, headers=[*headers, ("host", host)]),
        secret_id=secret_id,
        secret_key=secret_key,
        key_time=key_time,
        session_token=session_token,
    )
    text = "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in query)
    return f"{scheme}://{host}{percent_encode(request.path, safe='/')}?{text}"


def is_presigned(request: CosRequest) -> bool:
    """Whether the query carries a signature, good or bad."""
    return any(name in PARAMETER_NAMES for name, _ in request.parameters)


def read_presigned(request: CosRequest) -> Authorization:
    """The signature in the query, unverified. VerificationFailed (format)."""
    return read_pairs(pair for pair in request.parameters if pair[0] in PARAMETER_NAMES)


def verify_presigned(request: CosRequest, *, secret_key: str, at: datetime) -> Authorization:
    """The signature in the query of a request, when it is good for it at this moment.

    VerificationFailed, in this order: format, signature, not_yet_valid, expired.
    """
    own = [pair for pair in request.parameters if pair[0] not in PARAMETER_NAMES]
    bare = replace(request, parameters=own)
    return verify(bare, read_presigned(request), secret_key=secret_key, at=at)
