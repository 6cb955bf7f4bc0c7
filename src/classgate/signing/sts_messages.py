"""The messages of STS: GetFederationToken and its answers.

Both directions are here, so that client and emulator stay consistent. `cloud_api` signs the call,
and `cos_policy` has the policy.
Sources: the GetFederationToken document (1312/48195), "tencentyun/qcloud-cos-sts-sdk".
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from classgate.errors import InvalidRequest, SigningError, VerificationFailed
from classgate.signing.cos_policy import Policy
from classgate.signing.encoding import from_epoch, percent_encode, to_epoch, to_seconds
from classgate.signing.strict_json import read_json_object

SERVICE: Final = "sts"
ACTION: Final = "GetFederationToken"
VERSION: Final = "2018-08-13"
DEFAULT_LIFETIME: Final = timedelta(seconds=1800)

MAX_NAME_CHARACTERS: Final = 128
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class TemporaryCredentials:
    """Keys that are valid until `expires_at`, within their policy. Their `repr` is redacted."""

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    starts_at: datetime
    expires_at: datetime
    request_id: str = ""


@dataclass(frozen=True)
class StsError:
    """An error answer of STS."""

    code: str
    message: str
    request_id: str


@dataclass(frozen=True)
class FederationTokenRequest:
    """The parameters of GetFederationToken."""

    name: str
    policy: Policy
    lifetime: timedelta


def federation_token_payload(policy: Policy, *, lifetime: timedelta, name: str) -> bytes:
    """Return the JSON body of a GetFederationToken call.

    The policy is percent-encoded once, within the JSON, as the document requires. SigningError for
    a name with other characters than letters, and for a lifetime below one second.
    """
    if not (name.isascii() and name.isalpha() and len(name) <= MAX_NAME_CHARACTERS):
        raise SigningError("the name of a federation token must have letters only")
    return msgspec.json.encode(
        {
            "Name": name,
            "Policy": percent_encode(policy.to_wire()),
            "DurationSeconds": to_seconds(lifetime),
        }
    )


def read_federation_token_payload(payload: bytes) -> FederationTokenRequest:
    """Parse the JSON body of a GetFederationToken call. InvalidRequest."""
    try:
        given = read_json_object(payload)
    except VerificationFailed:
        raise InvalidRequest("the body is not one valid JSON object") from None
    return read_federation_token_fields(given)


def read_federation_token_fields(given: dict[str, object]) -> FederationTokenRequest:
    """Parse the fields of a GetFederationToken call, from JSON or a form. InvalidRequest.

    Numbers in a form are text. Any name is accepted, because the official SDKs send hyphens. Some
    encoders of the policy write a space as `+`.
    """
    name, policy = given.get("Name"), given.get("Policy")
    if not isinstance(name, str) or not isinstance(policy, str):
        raise InvalidRequest("Name or Policy is missing")
    seconds = given.get("DurationSeconds", DEFAULT_LIFETIME // timedelta(seconds=1))
    if isinstance(seconds, bool) or _SECONDS.fullmatch(str(seconds)) is None:
        raise InvalidRequest("DurationSeconds is not a number")
    return FederationTokenRequest(
        name, Policy.from_wire(unquote_plus(policy)), timedelta(seconds=int(str(seconds)))
    )


def federation_token_reply(credentials: TemporaryCredentials) -> bytes:
    """Return the body of an answer of STS with credentials."""
    return msgspec.json.encode(
        {
            "Response": {
                "Credentials": {
                    "Token": credentials.session_token,
                    "TmpSecretId": credentials.secret_id,
                    "TmpSecretKey": credentials.secret_key,
                },
                "ExpiredTime": to_epoch(credentials.expires_at),
                "Expiration": _iso(credentials.expires_at),
                "RequestId": credentials.request_id,
            }
        }
    )


def error_reply(error: StsError) -> bytes:
    """Return the body of an error answer, as all cloud APIs send it."""
    return msgspec.json.encode(
        {
            "Response": {
                "Error": {"Code": error.code, "Message": error.message},
                "RequestId": error.request_id,
            }
        }
    )


class _Keys(msgspec.Struct, rename="pascal"):
    token: str
    tmp_secret_id: str
    tmp_secret_key: str


class _Error(msgspec.Struct, rename="pascal"):
    code: str
    message: str


class _Answer(msgspec.Struct, rename="pascal"):
    request_id: str = ""
    credentials: _Keys | None = None
    expired_time: int | None = None
    error: _Error | None = None


class _Reply(msgspec.Struct, rename="pascal"):
    response: _Answer


def read_federation_token_reply(
    body: bytes, *, lifetime: timedelta
) -> TemporaryCredentials | StsError:
    """Parse an answer of STS: credentials, or an error.

    The start of the credentials is their expiry minus `lifetime`, as in the SDKs.
    VerificationFailed (format) for any other answer; it never contains the body.
    """
    try:
        answer = msgspec.json.decode(body, type=_Reply).response
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise VerificationFailed("format", "the answer of STS is malformed") from None
    if answer.error is not None:
        return StsError(answer.error.code, answer.error.message, answer.request_id)
    if answer.credentials is None or answer.expired_time is None:
        raise VerificationFailed("format", "the answer of STS contains no credentials")
    expires_at = from_epoch(answer.expired_time)
    return TemporaryCredentials(
        secret_id=answer.credentials.tmp_secret_id,
        secret_key=answer.credentials.tmp_secret_key,
        session_token=answer.credentials.token,
        starts_at=expires_at - lifetime,
        expires_at=expires_at,
        request_id=answer.request_id,
    )


def to_client_form(credentials: TemporaryCredentials) -> dict[str, object]:
    """Return the credentials in the form that Tencent's SDKs for browsers expect."""
    return {
        "credentials": {
            "tmpSecretId": credentials.secret_id,
            "tmpSecretKey": credentials.secret_key,
            "sessionToken": credentials.session_token,
        },
        "startTime": to_epoch(credentials.starts_at),
        "expiredTime": to_epoch(credentials.expires_at),
        "expiration": _iso(credentials.expires_at),
        "requestId": credentials.request_id,
    }


def _iso(moment: datetime) -> str:
    return from_epoch(to_epoch(moment)).strftime("%Y-%m-%dT%H:%M:%SZ")
