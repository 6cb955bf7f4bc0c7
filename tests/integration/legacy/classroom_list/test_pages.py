"""Pages and totals of `live/roomlist` in schools with more classes than are counted ahead."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.support.harness import Opener
from tests.support.legacy_client import LegacyClient, legacy_client

CLASSES = 1300
BEFORE = 10_000  # the numbers begin behind those of classes that the tests make
COUNTED_AHEAD = 500  # behind a page, by the documented protocol


@dataclass(frozen=True)
class Visible:
    """Which classes stu sees: every so manieth is open, or has stu on its roster."""

    open: int
    own: int
    newest: int = CLASSES
    """The last class that can be seen; the newer ones are closed."""

    def numbers(self) -> list[int]:
        """Return the visible classes, most recent first."""
        return [
            BEFORE + number
            for number in range(self.newest, 0, -1)
            if number % self.open == 0 or number % self.own == 0
        ]


SCHOOLS = {
    "all are open": Visible(1, 7),
    "half are open": Visible(2, 3),
    "few are open, and none of the newest": Visible(20, 30, newest=600),
    "only one's own": Visible(CLASSES + 1, 100),
}


@pytest.fixture(params=SCHOOLS)
def visible(request: pytest.FixtureRequest) -> Visible:
    return SCHOOLS[request.param]


_NUMBERS = (
    "WITH RECURSIVE n(number) AS "  # noqa: S608 - numbers of this file
    f"(SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < {CLASSES}) "
)


def _add_classes(visible: Visible) -> str:
    """Return the statement; a class with a higher number is more recent."""
    is_open = f"number <= {visible.newest} AND number % {visible.open} = 0"
    return (
        "INSERT INTO classrooms"  # noqa: S608 - numbers of this file
        " (classroom_id, title, state, host_id, open, created_at, recent_at)"
        f" {_NUMBERS} SELECT {BEFORE} + number, 'c', 'created', account_id, {is_open}, number,"
        " number FROM n, accounts WHERE identifier = 'tess'"
    )


def _add_memberships(visible: Visible) -> str:
    is_own = f"number <= {visible.newest} AND number % {visible.own} = 0"
    return (
        "INSERT INTO memberships (classroom_id, account_id, role, on_stage, added_at)"  # noqa: S608
        f" {_NUMBERS} SELECT {BEFORE} + number, account_id, 'student', false, 0"
        f" FROM n, accounts WHERE identifier = 'stu' AND {is_own}"
    )


@pytest.fixture
async def client(open_with: Opener, visible: Visible) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with, {"tess": 1, "stu": 0}) as opened:
        database = opened.world.raw_database
        database.change("UPDATE classrooms SET open = false")  # those of the school
        database.change(_add_classes(visible))
        database.change(_add_memberships(visible))
        yield opened


@pytest.mark.parametrize("offset", [0, 5, 90])
async def test_page_and_total_are_those_of_the_visible_classes(
    client: LegacyClient, visible: Visible, offset: int
) -> None:
    size, expected = 20, visible.numbers()
    data = await client.data("live/roomlist", "stu", index=offset, size=size)
    rooms = [room["roomnum"] for room in data["rooms"]]
    assert rooms == expected[offset : offset + size]
    assert data["total"] == min(len(expected), offset + size + COUNTED_AHEAD)


async def test_client_that_reads_on_gets_every_class_once(
    client: LegacyClient, visible: Visible
) -> None:
    rooms: list[int] = []
    total = 1
    while len(rooms) < total:
        data = await client.data("live/roomlist", "stu", index=len(rooms), size=50)
        assert data["rooms"], (len(rooms), data["total"])
        total = data["total"]
        rooms += [room["roomnum"] for room in data["rooms"]]
    assert rooms == visible.numbers()


async def test_number_present_counts_those_who_are_in_the_class(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    assert await client.code("live/reportmemid", "stu", roomnum=number, operate=0) == 0
    (room,) = (await client.data("live/roomlist", "stu", index=0, size=1))["rooms"]
    assert (room["roomnum"], room["memsize"]) == (number, 2)
    assert await client.code("live/reportmemid", "stu", roomnum=number, operate=1) == 0
    (room,) = (await client.data("live/roomlist", "stu", index=0, size=1))["rooms"]
    assert room["memsize"] == 1
