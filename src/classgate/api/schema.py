"""What the features' schemas share: strict bodies, times in Unix seconds, pages, parameters."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, ClassVar, Final

import msgspec
from litestar.params import Parameter
from msgspec import Meta

from classgate.input_bounds import JsonBounds


def enforced_later(**bounds: int) -> dict[str, object]:
    """Return the bounds of a field for the OpenAPI document only.

    The service enforces them, with clearer errors than a schema has. `classgate.api.openapi` puts
    them over the bounds that msgspec checks.
    """
    return {ENFORCED_LATER: bounds}


ENFORCED_LATER: Final = "x-enforced-later"
MAX_BODY: Final = 64 * 1024
# A class with 500 members has some 3,500, a list of 500 accounts some 4,500.
MAX_VALUES_OF_LISTS: Final = 5000
MAX_CLASSROOM_ID: Final = 2**32 - 1
MAX_INT64: Final = 2**63 - 1

# Up to the year 3000: whatever is added to it is still a time that a datetime can hold.
YEAR_3000 = 32503680000
UnixTime = Annotated[int, Meta(ge=0, le=YEAR_3000, description="Unix time in seconds.")]
# Whether there is such a name is told later, by who looks for it; PostgreSQL does not take a NUL.
NO_NUL = "^[^\\x00]*$"
IdentifierText = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=NO_NUL,
        description="Name of an account: 1 to 32 characters of A-Z, a-z, 0-9, '_' and '-'.",
    ),
]
PasswordText = Annotated[str, Meta(max_length=1024)]
NewPasswordText = Annotated[
    PasswordText,
    Meta(
        description="10 to 128 characters. Common passwords, and those that contain the "
        "identifier, are refused.",
        extra_json_schema=enforced_later(minLength=10, maxLength=128),
    ),
]
NewDisplayName = Annotated[
    Annotated[str, Meta(extra_json_schema=enforced_later(maxLength=100))] | None,
    Meta(description="Name to show to people: one line of at most 100 characters."),
]
Title = Annotated[
    str,
    Meta(
        description="One line of 1 to 128 characters.",
        extra_json_schema=enforced_later(minLength=1, maxLength=128),
    ),
]
CoverUrlText = Annotated[str, Meta(extra_json_schema=enforced_later(minLength=1, maxLength=500))]

# Of answers. They are described here and never checked: answers are made by this service.
Time = Annotated[int, Meta(description="Unix time in seconds.")]
Identifier = Annotated[str, Meta(description="Name of the account.")]
DisplayName = Annotated[str, Meta(description="Name to show to people.")]
LeaseId = Annotated[
    str, Meta(description="Id of the lease under which the credential was given; renews it.")
]
RefreshAfter = Annotated[
    int, Meta(description="When to renew the credential by its lease. Unix time in seconds.")
]
ServerTime = Annotated[
    int, Meta(description="Clock of the service at this answer. Unix time in seconds.")
]
NextCursor = Annotated[
    str | None,
    Meta(description="Give it back as `cursor` for the next page. Null on the last page."),
]
RoomNumber = Annotated[int, Meta(ge=1, le=MAX_CLASSROOM_ID)]

# Of the query and the path, whose bounds Litestar takes only in its own words.
# (It leaves out of the description a bound that is 0.)
QueryTime = Annotated[
    int | None,
    Parameter(
        ge=0,
        le=YEAR_3000,
        schema_extra={"minimum": 0},
        description="Only what is of this time or later. Unix time in seconds.",
    ),
]
Limit = Annotated[int, Parameter(ge=1, le=100, description="Maximum number of items on the page.")]
Cursor = Annotated[
    str | None,
    Parameter(
        max_length=200,
        description="`next_cursor` of the page before. Leave it out for the first page.",
    ),
]
IdentifierFilter = Annotated[
    str | None,
    Parameter(max_length=200, pattern=NO_NUL, description="Only items of this account."),
]
ClassroomFilter = Annotated[
    int | None, Parameter(ge=1, le=MAX_CLASSROOM_ID, description="Only items of this class.")
]
# The rule of the route has looked at it before: what is not such a number is 404, not 400.
ClassroomId = Annotated[
    int, Parameter(ge=1, le=MAX_CLASSROOM_ID, description="Id of the class; its room's number too.")
]
IdentifierInPath = Annotated[str, Parameter(description="Name of the account.")]


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request's body. A field that is not known is refused."""

    BOUNDS: ClassVar = JsonBounds(size=MAX_BODY, values=100)


def from_unix(seconds: int | None) -> datetime | None:
    """Return an aware datetime from Unix seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@lru_cache(8192)  # lists show the same times again and again
def to_unix(moment: datetime) -> int:
    """Return whole Unix seconds."""
    return int(moment.timestamp())


@lru_cache(8192)
def to_unix_or_none(moment: datetime | None) -> int | None:
    """Return whole Unix seconds; None for a missing time."""
    return None if moment is None else to_unix(moment)
