"""Who could enter a room at a time, and what a person can still do."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import Parameter
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_CLASSROOM_ID,
    NO_NUL,
    YEAR_3000,
    LeaseId,
    Time,
    from_unix,
    to_unix,
    to_unix_or_none,
)
from classgate.credential_questions import ValidEntry
from classgate.leases.held_repository import HeldLease
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import LeaseState

OfClass = Annotated[int, Parameter(ge=1, le=MAX_CLASSROOM_ID, description="Id of the class.")]
AtTime = Annotated[
    int | None,
    Parameter(
        ge=0,
        le=YEAR_3000,
        schema_extra={"minimum": 0},
        description="The time. Unix time in seconds; now unless given.",
    ),
]
OfPerson = Annotated[
    str, Parameter(max_length=200, pattern=NO_NUL, description="Name of the account.")
]
Complete = Annotated[bool, Meta(description="False: there are more, and not all are listed.")]
AnswerTime = Annotated[Time, Meta(description="The time that it is about. Unix time in seconds.")]


class ValidEntryCredentials(msgspec.Struct, kw_only=True):
    """Somebody whose entry credentials were valid at the time."""

    account_id: Annotated[int, Meta(description="Number of the account.")]
    identifier: Annotated[
        str | None, Meta(description="Name of the account today. Null when it was deleted.")
    ]
    role: Annotated[str, Meta(description="Role in the class at the last issue.")]
    issued_at: Annotated[
        Time, Meta(description="The last issue up to the time. Unix time in seconds.")
    ]
    expires_at: Annotated[
        Time, Meta(description="Until when the UserSig is valid. Unix time in seconds.")
    ]
    private_map_key_expires_at: Annotated[
        int | None,
        Meta(
            description="Until when the PrivateMapKey opens the room. Unix time in seconds. Null "
            "where an earlier version did not record it."
        ),
    ]


class ValidEntryList(msgspec.Struct, kw_only=True):
    """Who could enter."""

    at: AnswerTime
    items: Annotated[list[ValidEntryCredentials], Meta(description="The newest issue first.")]
    complete: Complete


class HeldCredential(msgspec.Struct, kw_only=True):
    """A lease whose credential is valid, or may be renewed."""

    lease_id: LeaseId
    kind: Annotated[LeaseKind, Meta(description="Kind of the credential.")]
    state: Annotated[
        LeaseState,
        Meta(
            description="`ended`: it is not renewed; the credential is valid all the same until "
            "`expires_at`."
        ),
    ]
    classroom_id: Annotated[int | None, Meta(description="Id of the class. Null when none.")]
    issued_at: Annotated[Time, Meta(description="The last issue. Unix time in seconds.")]
    expires_at: Annotated[
        int | None,
        Meta(
            description="Until when the credential is valid. Unix time in seconds. Null: until it "
            "is used."
        ),
    ]
    renewable_until: Annotated[
        int | None,
        Meta(description="Until when it may be renewed. Unix time in seconds. Null: not at all."),
    ]
    ended_at: Annotated[
        int | None, Meta(description="When the lease was ended. Unix time in seconds.")
    ]
    end_reason: Annotated[str | None, Meta(description="Why it was ended.")]


class HeldCredentialList(msgspec.Struct, kw_only=True):
    """What a person can still do."""

    at: AnswerTime
    items: Annotated[list[HeldCredential], Meta(description="What is valid longest first.")]
    complete: Complete


@get(
    "/admin/entries",
    opt=rules.only(rules.ADMIN),
    summary="List who could enter a room",
    responses=documented(401, 403),
)
async def list_valid_entries(
    request: ApiRequest, classroom: OfClass, at: AtTime = None
) -> ValidEntryList:
    """List whose entry credentials of the class were valid at the time. The question is recorded.

    Somebody who was kicked since is listed too: such credentials are valid until they expire.
    """
    answer = await request.services.credential_questions.list_valid_entries(
        request.caller, classroom, from_unix(at)
    )
    return ValidEntryList(
        at=to_unix(answer.at),
        items=[_view_entry(each, answer.names) for each in answer.entries],
        complete=answer.is_complete,
    )


def _view_entry(entry: ValidEntry, names: dict[int, str]) -> ValidEntryCredentials:
    return ValidEntryCredentials(
        account_id=entry.account_id,
        identifier=names.get(entry.account_id),
        role=entry.role,
        issued_at=to_unix(entry.issued_at),
        expires_at=to_unix(entry.expires_at),
        private_map_key_expires_at=to_unix_or_none(entry.private_map_key_expires_at),
    )


@get(
    "/admin/leases",
    opt=rules.only(rules.ADMIN),
    summary="List what a person can still do",
    responses=documented(401, 403, 404),
)
async def list_held_leases(request: ApiRequest, identifier: OfPerson) -> HeldCredentialList:
    """List the leases of a person with a valid credential, ended ones too. The question is
    recorded.
    """
    answer = await request.services.credential_questions.list_held_leases(
        request.caller, identifier
    )
    return HeldCredentialList(
        at=to_unix(answer.at),
        items=[_view_lease(each) for each in answer.leases],
        complete=answer.is_complete,
    )


def _view_lease(lease: HeldLease) -> HeldCredential:
    return HeldCredential(
        lease_id=lease.lease_id,
        kind=lease.kind,
        state=lease.state,
        classroom_id=lease.classroom_id,
        issued_at=to_unix(lease.issued_at),
        expires_at=to_unix_or_none(lease.expires_at),
        renewable_until=to_unix_or_none(lease.renewable_until),
        ended_at=to_unix_or_none(lease.ended_at),
        end_reason=lease.end_reason,
    )


HANDLERS = (list_valid_entries, list_held_leases)
