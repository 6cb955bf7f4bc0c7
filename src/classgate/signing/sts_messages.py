"""What is said to and by STS: GetFederationToken and its answers.

Both sides are here, so that client and emulator cannot drift apart unseen. Signing the call is
`cloud_api`'s, sending it others'; a policy is `cos_policy`'s.
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
    """Keys that work for a while, within their policy. Their `repr` does not show them."""

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    starts_at: datetime
    expires_at: datetime
    request_id: str = ""


@dataclass(frozen=True)
class StsError:
    """STS said no, and why in its own words."""

    code: str
    message: str
    request_id: str


@dataclass(frozen=True)
class FederationTokenRequest:
    """What a caller of GetFederationToken asks for."""

    name: str
    policy: Policy
    lifetime: timedelta


def federation_token_payload(policy: Policy, *, lifetime: timedelta, name: str) -> bytes:
    """The JSON body of a GetFederationToken call. SigningError for a name or lifetime not sent.

    The policy is percent-encoded once, within the JSON, as the document asks.
    """
    if not (name.isascii() and name.isalpha() and len(name) <= MAX_NAME_CHARACTERS):
        raise SigningError("the name of a federation token has only letters")
    return msgspec.json.encode(
        {
            "Name": name,
            "Policy": percent_encode(policy.to_wire()),
            "DurationSeconds": to_seconds(lifetime),
        }
    )


def read_federation_token_payload(payload: bytes) -> FederationTokenRequest:
    """What such a body asks for. InvalidRequest for one that cannot be read."""
    try:
        given = read_json_object(payload)
    except VerificationFailed:
        raise InvalidRequest("the body is not one sound JSON object") from None
    return read_federation_token_fields(given)


def read_federation_token_fields(given: dict[str, object]) -> FederationTokenRequest:
    """What the fields of a call ask for, out of JSON or a form. InvalidRequest.

    The form's numbers are text. The official SDKs send names with hyphens, so any text is a name.
    Some encoders of the policy write a space as `+`.
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
    """The body with which STS hands out credentials."""
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
    """The body with which any cloud API says no."""
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
    """The credentials in an answer, or the cloud's own no.

    They start one lifetime before they expire, as the SDKs count it. VerificationFailed (format)
    for an answer that is neither; the error never shows the body.
    """
    try:
        answer = msgspec.json.decode(body, type=_Reply).response
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise VerificationFailed("format", "the answer of STS cannot be read") from None
    if answer.error is not None:
        return StsError(answer.error.code, answer.error.message, answer.request_id)
    if answer.credentials is None or answer.expired_time is None:
        raise VerificationFailed("format", "the answer of STS holds no credentials")
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
    """What Tencent's own SDKs hand on to a browser, in their spelling."""
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
