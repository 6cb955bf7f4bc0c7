"""Presigned URLs of the COS XML API, for plain HTTP clients.

The signature is that of `cos_request`, with its seven values in the query.
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
    """Return the decoded query of a presigned URL: the seven values, then the request's parameters.

    A session token becomes a signed parameter. SigningError as in `sign`.
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
    """Return a presigned URL. It signs the host, so it is valid for one bucket only.

    The query is percent-encoded, including semicolons. SigningError as in `sign`.
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
    """Return whether the query contains values of a signature, valid or not."""
    return any(name in PARAMETER_NAMES for name, _ in request.parameters)


def read_presigned(request: CosRequest) -> Authorization:
    """Parse the signature in the query without verifying it. VerificationFailed (format)."""
    return read_pairs(pair for pair in request.parameters if pair[0] in PARAMETER_NAMES)


def verify_presigned(request: CosRequest, *, secret_key: str, at: datetime) -> Authorization:
    """Verify the signature in the query of a received request and return its values.

    Raises:
        VerificationFailed: checked in this order: format, signature, not_yet_valid, expired.
    """
    own = [pair for pair in request.parameters if pair[0] not in PARAMETER_NAMES]
    bare = replace(request, parameters=own)
    return verify(bare, read_presigned(request), secret_key=secret_key, at=at)
