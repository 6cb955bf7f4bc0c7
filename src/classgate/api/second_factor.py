"""The second factor of an admin: setting it up, and removing it. In the console only."""

from typing import Annotated

import msgspec
from litestar import delete, post, put
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Body, Time, to_unix


class SecondFactorSetUp(msgspec.Struct, kw_only=True):
    """A new secret for the authenticator app."""

    secret: Annotated[str, Meta(description="The secret in Base32. Secret; shown this once.")]
    uri: Annotated[
        str,
        Meta(
            description="The same as `otpauth` URI, for a QR code: 6 digits, 30 seconds, SHA-1. "
            "Secret; shown this once."
        ),
    ]
    expires_at: Annotated[
        Time, Meta(description="Until when a code may confirm it. Unix time in seconds.")
    ]


class ConfirmSecondFactorRequest(Body):
    """The first code."""

    code: Annotated[
        str, Meta(max_length=20, description="Code of the authenticator app: 6 digits.")
    ]


@post(
    "/console/second-factor",
    opt=rules.only(rules.ADMIN_IN_CONSOLE),
    summary="Start to set up one's second factor",
    responses=documented(401, 403),
)
async def start_second_factor(request: ApiRequest) -> SecondFactorSetUp:
    """Make a new secret for an authenticator app. No body is needed.

    It is in force when a code confirms it. An earlier one stays in force until then.
    """
    made = await request.services.second_factors.start(request.caller)
    return SecondFactorSetUp(secret=made.secret, uri=made.uri, expires_at=to_unix(made.expires_at))


@put(
    "/console/second-factor",
    opt=rules.only(rules.ADMIN_IN_CONSOLE),
    status_code=204,
    summary="Confirm one's new second factor",
    responses=documented(401, 403, 409, 413),
)
async def confirm_second_factor(request: ApiRequest, data: ConfirmSecondFactorRequest) -> None:
    """Show a code of the new secret, which is in force from now on. The account's other sessions of
    the console end.
    """
    await request.services.second_factors.confirm(request.caller, data.code)


@delete(
    "/console/second-factor",
    opt=rules.only(rules.ADMIN_IN_CONSOLE),
    summary="Remove one's second factor",
    responses=documented(401, 403, 409),
)
async def remove_second_factor(request: ApiRequest) -> None:
    """Log in by the password alone again, where the settings allow it. Removing none is fine."""
    await request.services.second_factors.remove(request.caller)


HANDLERS = (start_second_factor, confirm_second_factor, remove_second_factor)
