"""What the features' schemas share: strict bodies, times in Unix seconds, lists."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Generic, TypeVar

import msgspec
from litestar.params import Parameter

from classgate.input_bounds import JsonBounds

T = TypeVar("T")

MAX_BODY: Final = 64 * 1024
# A class with 500 members has some 3,500, a list of 500 accounts some 4,500.
MAX_VALUES_OF_LISTS: Final = 5000

# Up to the year 3000: whatever is added to it is still a time that a datetime can hold.
YEAR_3000 = 32503680000
UnixTime = Annotated[int, msgspec.Meta(ge=0, le=YEAR_3000, description="Unix seconds")]
# Whether there is such a name is told later, by who looks for it; PostgreSQL does not take a NUL.
_NO_NUL = "^[^\\x00]*$"
IdentifierText = Annotated[
    str,
    msgspec.Meta(
        max_length=200, pattern=_NO_NUL, description="1 to 32 of A-Z, a-z, 0-9, '_' and '-'"
    ),
]
PasswordText = Annotated[str, msgspec.Meta(max_length=1024)]

# Of the query, whose bounds Litestar takes only in its own words.
QueryTime = Annotated[int | None, Parameter(ge=0, le=YEAR_3000, description="Unix seconds")]
Limit = Annotated[int, Parameter(ge=1, le=100)]
Cursor = Annotated[str | None, Parameter(max_length=200)]
IdentifierFilter = Annotated[str | None, Parameter(max_length=200, pattern=_NO_NUL)]
ClassroomFilter = Annotated[int | None, Parameter(ge=1, le=2**32 - 1)]


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request's body. A field that is not known is refused."""

    BOUNDS: ClassVar = JsonBounds(size=MAX_BODY, values=100)


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """A page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


def from_unix(seconds: int | None) -> datetime | None:
    """Unix seconds as an aware datetime."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def to_unix(moment: datetime) -> int:
    """An aware datetime as whole Unix seconds."""
    return int(moment.timestamp())


def to_unix_or_none(moment: datetime | None) -> int | None:
    """The same for a moment that may be missing."""
    return None if moment is None else to_unix(moment)
